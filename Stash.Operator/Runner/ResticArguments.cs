namespace Stash.Operator.Runner;

/// <summary>What a command line of restic is about, as far as it can be seen from outside.</summary>
/// <param name="Op">The subcommand; <c>exec</c> for a command that is no restic that can be recognised.</param>
/// <param name="Paths">Of a backup, the paths it names.</param>
internal sealed record ResticArguments(string Op, IReadOnlyList<string> Paths)
{
    public const string Unknown = "exec";

    private static readonly string[] Operations =
    [
        "backup", "cat", "check", "copy", "diff", "dump", "find", "forget", "init", "key", "list", "ls", "migrate", "mount", "prune", "rebuild-index",
        "recover", "repair", "restore", "rewrite", "self-update", "snapshots", "stats", "tag", "unlock", "version",
    ];

    // Flags that take the next argument as their value, of restic and of its backup.
    private static readonly HashSet<string> WithValue = new(StringComparer.Ordinal)
    {
        "--cacert", "--cache-dir", "--compression", "--http-user-agent", "--key-hint", "--limit-download", "--limit-upload", "-o", "--option", "--pack-size",
        "--password-command", "-p", "--password-file", "-r", "--repo", "--repository-file", "--retry-lock", "--tls-client-cert",
        "-e", "--exclude", "--exclude-file", "--exclude-if-present", "--exclude-larger-than", "--files-from", "--files-from-raw", "--files-from-verbatim",
        "--group-by", "-g", "-H", "--host", "--hostname", "--iexclude", "--iexclude-file", "--parent", "--read-concurrency", "--stdin-filename", "--tag", "--time",
    };

    /// <param name="command">The program and its arguments, perhaps behind <c>sudo</c>, <c>nice</c> and the like.</param>
    public static ResticArguments Of(IReadOnlyList<string> command)
    {
        var at = Enumerable.Range(0, command.Count).FirstOrDefault(i => Path.GetFileName(command[i]) == "restic", -1);
        var op = at < 0 ? -1 : NextPlain(command, at + 1);
        if (op < 0 || !Operations.Contains(command[op], StringComparer.Ordinal))
        {
            return new ResticArguments(Unknown, []);
        }

        List<string> paths = [];
        for (var i = command[op] == "backup" ? NextPlain(command, op + 1) : -1; i >= 0; i = NextPlain(command, i + 1))
        {
            paths.Add(command[i]);
        }

        return new ResticArguments(command[op], paths);
    }

    private static int NextPlain(IReadOnlyList<string> command, int from)
    {
        for (var i = from; i < command.Count; i++)
        {
            if (!command[i].StartsWith('-'))
            {
                return i;
            }

            if (WithValue.Contains(command[i]))
            {
                i++;
            }
        }

        return -1;
    }
}
