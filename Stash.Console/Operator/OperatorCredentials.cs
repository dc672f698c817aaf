using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Stash.Core.Configuration;

namespace Stash.Console.Operator;

/// <summary>
/// What the console trusts and shows to the operator: the files of its options, else the CA <c>ca.crt</c> and the token <c>api-token</c> of the data folder; in place of that CA
/// <c>serving-ca.crt</c>, which the operator writes where its certificate comes from elsewhere. All are read again when they change, so an operator that made new ones is found without a restart.
/// </summary>
public sealed class OperatorCredentials(OperatorLinkOptions options, DataFolder folder) : IOperatorToken
{
    private readonly WatchedFile<string> _token = new(options.TokenFile ?? folder.ApiToken, static bytes => Encoding.UTF8.GetString(bytes).Trim() is { Length: > 0 } token ? token : throw new FormatException());
    private readonly TrustedCertificates _own = new(options.CaFile ?? folder.CaCertificate);
    private readonly TrustedCertificates _given = new(folder.ServingCaCertificate);

    /// <summary>What is wrong with a certificate that is not trusted, after "that".</summary>
    public string UntrustedRemedy => options.CaFile is { } file
        ? $"the authority in {file} has not signed for this address: give the operator's authority (Stash:Operator:CaFile), and an address that its certificate is for."
        : "the data folder's ca.crt has not signed for this address: use the data folder that this operator runs with.";

    /// <summary>The console's own token.</summary>
    /// <exception cref="OperatorException">The file is missing or empty.</exception>
    public ValueTask<string> ReadAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult(_token.Read() ?? throw Missing(_token.Path, options.TokenFile is null ? null : "Stash:Operator:TokenFile"));

    public OperatorException Refused(string token, string address) => new(OperatorFailure.Unauthorized, options.TokenFile is { } file
        ? $"The operator at {address} does not know the console's own token in {file}: give a token that it knows (Stash:Operator:TokenFile)."
        : $"The operator at {address} does not take the token of this data folder: use the data folder that this operator runs with.");

    /// <exception cref="OperatorException">The file is missing or no certificate.</exception>
    public void RequireAuthority()
    {
        if (Authorities.Read() is null)
        {
            throw Missing(_own.Path, options.CaFile is null ? null : "Stash:Operator:CaFile");
        }
    }

    /// <summary>Trusts what the authorities have signed, or is named among them itself, for the name that was asked for, and nothing else.</summary>
    /// <param name="certificate">The operator's.</param>
    /// <param name="shown">With what came beside it.</param>
    /// <param name="errors">What is wrong by the system's own trust.</param>
    public bool Trusts(X509Certificate? certificate, X509Chain? shown, SslPolicyErrors errors) => Authorities.Trust(certificate, shown, errors);

    private TrustedCertificates Authorities => options.CaFile is null && File.Exists(_given.Path) ? _given : _own;

    private static OperatorException Missing(string path, string? option) => new(OperatorFailure.Unreachable, option is null
        ? $"{path} is not there: start the operator (stash run) with this data folder, or name its data folder to the console with --Stash:DataDirectory."
        : $"{path} is not there, or holds nothing that can be read: {option} names it.");
}
