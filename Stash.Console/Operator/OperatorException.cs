using Stash.Core.Api;

namespace Stash.Console.Operator;

/// <summary>The operator did not answer, or refused. Its message is one line for a person, remedy included.</summary>
public sealed class OperatorException(OperatorFailure failure, string message, IReadOnlyList<StatusCause>? causes = null, Exception? inner = null)
    : Exception(message, inner)
{
    public OperatorFailure Failure { get; } = failure;

    /// <summary>The single fields that are wrong, where the operator named them.</summary>
    public IReadOnlyList<StatusCause> Causes { get; } = causes ?? [];
}
