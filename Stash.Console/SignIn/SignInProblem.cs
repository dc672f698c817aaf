namespace Stash.Console.SignIn;

/// <summary>Why a sign-in did not work.</summary>
public enum SignInProblem
{
    None,

    /// <summary>The token is not the current one: used already, or of an earlier start.</summary>
    Wrong,

    /// <summary>Too many wrong tokens came from this address.</summary>
    TooMany,
}
