using System.CommandLine;
using Stash.Operator.Runner;

namespace Stash.Operator.Commands;

/// <summary><c>stash check</c>: restic's check of the repositories.</summary>
internal static class CheckCommand
{
    public static Command Create() => OperationCommand.Create(
        "check",
        "Check the repositories of the Restics of a file for errors. Each Restic is a session with op check.",
        (_, _) => ResticOperations.CheckAsync);
}
