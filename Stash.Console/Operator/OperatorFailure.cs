namespace Stash.Console.Operator;

/// <summary>Why the operator did not do what it was asked.</summary>
public enum OperatorFailure
{
    /// <summary>It does not answer, or its files in the data folder are not there.</summary>
    Unreachable,

    /// <summary>It answers with a certificate that is not of an authority that is trusted.</summary>
    Untrusted,

    /// <summary>It does not know the token; or the sign-in of whoever asked has ended.</summary>
    Unauthorized,

    /// <summary>It knows who asks, and does not let them do this.</summary>
    Forbidden,

    NotFound,

    /// <summary>Something changed since it was read.</summary>
    Conflict,

    /// <summary>A field or a parameter is wrong: see <see cref="OperatorException.Causes"/>.</summary>
    Invalid,

    /// <summary>It failed for a reason that its log tells.</summary>
    Internal,
}
