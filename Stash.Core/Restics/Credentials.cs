using System.Text.RegularExpressions;

namespace Stash.Core.Restics;

/// <summary>User and password inside a URL.</summary>
public static partial class Credentials
{
    /// <summary>The text with <c>***</c> in place of user and password of every URL in it.</summary>
    public static string Without(string text) => InUrl().Replace(text, "://***@");

    // Up to the last @ before the path: a password may hold an @ that its author forgot to encode.
    [GeneratedRegex("""://[^/\s"']*@""", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex InUrl();
}
