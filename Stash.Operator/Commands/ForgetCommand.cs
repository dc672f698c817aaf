using System.CommandLine;
using Stash.Core;
using Stash.Operator.Runner;

namespace Stash.Operator.Commands;

/// <summary><c>stash forget</c>: the retention policies alone.</summary>
internal static class ForgetCommand
{
    public static Command Create() => OperationCommand.Create(
        "forget",
        "Apply the retention policies of the Restics of a file. Each Restic is a session with op forget.",
        (context, restic) => (cli, session, cancellationToken) => restic.FileGroups.Any(g => g.RetentionPolicyName is not null)
            ? ResticOperations.ForgetAsync(restic, context.WorkloadNameOf(restic), cli, session, cancellationToken)
            : throw new UserErrorException("No file group names a retention policy (retentionPolicyName): there is nothing to apply."));
}
