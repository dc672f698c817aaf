namespace Stash.Console.Operator;

/// <summary>With whose right the operator is asked.</summary>
public interface IOperatorToken
{
    /// <summary>The token as it is now.</summary>
    /// <exception cref="OperatorException">There is none.</exception>
    ValueTask<string> ReadAsync(CancellationToken cancellationToken);

    /// <summary>The operator did not know it.</summary>
    /// <param name="token">What <see cref="ReadAsync"/> gave.</param>
    /// <param name="address">The operator's, for people.</param>
    /// <returns>What whoever asked is told.</returns>
    OperatorException Refused(string token, string address);
}
