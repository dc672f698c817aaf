using System.Security.Cryptography;
using System.Text;
using Stash.Core;
using Stash.Core.Configuration;

namespace Stash.Operator.Api;

/// <summary>The bearer token of the embedded API: <c>api-token</c> in the data folder, mode 0600, made at first start.</summary>
public sealed class ApiToken
{
    private readonly byte[] _hash;

    private ApiToken(string token) => _hash = Hash(token);

    /// <exception cref="UserErrorException">The file cannot be read or written, or is empty.</exception>
    public static ApiToken Load(DataFolder data)
    {
        try
        {
            if (!File.Exists(data.ApiToken))
            {
                var made = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
                DataFolder.Replace(data.ApiToken, Encoding.ASCII.GetBytes(made + "\n"), secret: true);
            }

            var token = File.ReadAllText(data.ApiToken).Trim();
            return token.Length >= 16
                ? new ApiToken(token)
                : throw new UserErrorException($"{data.ApiToken} holds fewer than 16 characters: delete it and start again to have a token made.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"The API's token {data.ApiToken} cannot be read or written: make it accessible to this user (mode 0600).", inner: e);
        }
    }

    /// <summary>Takes the same time for every wrong token.</summary>
    public bool Matches(string token) => CryptographicOperations.FixedTimeEquals(Hash(token), _hash);

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
