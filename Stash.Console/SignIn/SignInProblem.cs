namespace Stash.Console.SignIn;

/// <summary>Why a sign-in did not work, or has ended.</summary>
public enum SignInProblem
{
    None,

    /// <summary>By link: it is not the current one; used already, or of an earlier start. By token: the cluster does not know it, or not any more.</summary>
    Wrong,

    /// <summary>Too many wrong tokens came from this address.</summary>
    TooMany,

    /// <summary>What was signed in with has come to its end, or is not taken any more.</summary>
    Expired,

    /// <summary>Known, and may not look at anything.</summary>
    NotAllowed,

    /// <summary>The operator could not say.</summary>
    Unavailable,

    /// <summary>The provider has let nobody in.</summary>
    Denied,

    /// <summary>The provider does not answer, or not as it should.</summary>
    ProviderFailed,
}
