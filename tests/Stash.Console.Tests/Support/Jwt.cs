using System.Buffers.Text;
using System.Text;

namespace Stash.Console.Tests.Support;

/// <summary>Tokens as a cluster's: the console reads their end, and nothing else of them.</summary>
internal static class Jwt
{
    public static string Of(string subject, DateTimeOffset ends) =>
        $"{Part("""{"alg":"RS256","typ":"JWT"}""")}.{Part($$"""{"sub":"{{subject}}","exp":{{ends.ToUnixTimeSeconds()}}}""")}.{Part("signature")}";

    private static string Part(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
