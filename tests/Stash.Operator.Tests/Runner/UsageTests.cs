namespace Stash.Operator.Tests.Runner;

/// <summary>Wrong usage: one line that names the thing, exit code 2, and nothing run.</summary>
public sealed class UsageTests
{
    private const string Head = "apiVersion: stash.appscode.com/v1alpha1\nkind: Restic\nmetadata: {name: x}\n";

    [Theory]
    [InlineData(Head + "spec:\n  fileGroups: [\n", "restics.yaml")]
    [InlineData(Head + "spec:\n  fileGrops: []\n", "line 5: there is no field spec.fileGrops. Known here: selector, fileGroups, ")]
    [InlineData(Head + "spec:\n  retentionPolicies:\n  - name: a\n    keepLst: 3\n", "line 7: there is no field spec.retentionPolicies[0].keepLst.")]
    [InlineData(Head + "spec:\n  retentionPolicies: [{name: a, keepLast: many}]\n", "line 5: spec.retentionPolicies[0].keepLast \"many\" is not right: give a whole number")]
    [InlineData(Head + "spec:\n  backend: {s3: {endpoint: e}}\n", "spec.backend.s3.bucket is missing")]
    [InlineData("apiVersion: v1\nkind: ConfigMap\n", "kind is \"ConfigMap\": give Restic or Recovery")]
    [InlineData("# nothing\n", "holds no Restic")]
    public async Task A_file_that_is_no_Restic_is_wrong_usage(string text, string reason)
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync();

        var (code, output, error) = await folder.BackupAsync(folder.Write(text), gateway.Address);

        code.ShouldBe(2);
        error.ShouldContain(reason);
        error.ShouldContain(folder.In("restics.yaml"));
        error.TrimEnd('\n').ShouldNotContain('\n');
        output.ShouldBeEmpty();
        gateway.Pushes.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("--file", "is required", "backup")]
    [InlineData("--name", "is required", "exec", "--", "true")]
    [InlineData("no-such-file.yaml", "there is no such file", "backup", "--file", "no-such-file.yaml")]
    [InlineData("\"--fle\"", "there is no command or option", "backup", "--file", "x", "--fle")]
    [InlineData("command", "missing", "exec", "--name", "x")]
    public async Task Wrong_flags_are_wrong_usage(string thing, string reason, params string[] arguments)
    {
        using RunnerFolder folder = new();

        var (code, _, error) = await folder.RunAsync(arguments);

        code.ShouldBe(2);
        error.ShouldContain(thing);
        error.ShouldContain(reason);
    }

    [Theory]
    [InlineData("No Restic named", "--restic-name", "other")]
    [InlineData("is not an address", "--pushgateway-url", "localhost:56789")]
    [InlineData("The pod labels file", "--pod-labels-file", "/nowhere")]
    public async Task Flags_that_do_not_fit_are_wrong_usage(string reason, params string[] more)
    {
        using RunnerFolder folder = new();

        var (code, _, error) = await folder.RunAsync(["backup", "--file", folder.Write(RunnerFolder.Restic("files")), .. more]);

        code.ShouldBe(2);
        error.ShouldContain(reason, Case.Insensitive);
        Directory.Exists(folder.Repository).ShouldBeFalse();
    }

    [Fact]
    public async Task Every_command_has_help()
    {
        using RunnerFolder folder = new();
        foreach (var command in new[] { "backup", "forget", "check", "recover", "snapshots", "exec" })
        {
            var (code, output, _) = await folder.RunAsync(command, "--help");
            code.ShouldBe(0);
            output.ShouldContain(command == "exec" ? "--name <NAME>" : "--file <FILE>");
        }
    }
}
