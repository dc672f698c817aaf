using System.CommandLine;
using Stash.Core.Restics;
using Stash.Operator.Runner;

namespace Stash.Operator.Commands;

/// <summary>Which Restics: <c>--file</c> and <c>--restic-name</c>.</summary>
internal sealed class ResticFlags
{
    private readonly Option<string> _file = new("--file", "-f")
    {
        Description = "YAML file with Restic resources (apiVersion: stash.appscode.com/v1alpha1).",
        HelpName = "FILE",
        Required = true,
    };

    private readonly Option<string?> _name = new("--restic-name")
    {
        Description = "Only the Restic of this name. Default: all of the file.",
        HelpName = "NAME",
    };

    public ResticFlags(Command command)
    {
        command.Add(_file);
        command.Add(_name);
    }

    public string File(ParseResult result) => result.GetRequiredValue(_file);

    public string? Name(ParseResult result) => result.GetValue(_name);

    /// <exception cref="Core.UserErrorException">The file cannot be used, or has no such Restic (exit code 2).</exception>
    public IReadOnlyList<Restic> Choose(ParseResult result) => ResticChoice.Of(ResticYaml.Load(File(result)), Name(result));
}
