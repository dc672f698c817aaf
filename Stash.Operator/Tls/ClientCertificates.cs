using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using Stash.Core;
using Stash.Core.Configuration;
using Stash.Operator.Files;

namespace Stash.Operator.Tls;

/// <summary>
/// Judges the certificates that clients show: by the operator's own authority (<c>ca.crt</c> in the data folder) and those of
/// <c>Stash:Api:ClientCaFile</c>, read anew when the files change, or by authorities that the caller knows, as a cluster's.
/// What was found is remembered as long as the certificate's object lives, which is as long as its connection.
/// </summary>
internal sealed class ClientCertificates
{
    private const X509ChainStatusFlags OfTime = X509ChainStatusFlags.NotTimeValid;
    private const X509ChainStatusFlags OfUse = X509ChainStatusFlags.NotValidForUsage;

    private readonly TimeProvider _time;
    private readonly Watched<X509Certificate2Collection> _authorities;
    private readonly ConditionalWeakTable<X509Certificate2, ConditionalWeakTable<X509Certificate2Collection, Verdict>> _verdicts = [];

    /// <param name="data">Holds the own authority, which exists.</param>
    /// <param name="clientCaFile">Further authorities, PEM; null for none.</param>
    /// <param name="time">The clock that decides what is valid.</param>
    /// <param name="logger">Gets a line for each change of the files.</param>
    /// <exception cref="UserErrorException">A file cannot be read, or holds no certificate.</exception>
    public ClientCertificates(DataFolder data, string? clientCaFile, TimeProvider time, ILogger logger)
    {
        _time = time;
        string[] files = clientCaFile is null ? [data.CaCertificate] : [data.CaCertificate, clientCaFile];
        _authorities = new Watched<X509Certificate2Collection>(files, contents =>
        {
            X509Certificate2Collection all = [];
            foreach (var (file, content) in files.Zip(contents))
            {
                all.AddRange(Authorities.Read(file, content));
            }

            return all;
        }, time, logger);
    }

    /// <summary>Whether a certificate is from the own authority or one of <c>Stash:Api:ClientCaFile</c>, for the use by clients, and valid now.</summary>
    /// <param name="certificate">What the client showed.</param>
    /// <param name="reason">Why it is not good, as <c>it ended at 2026-11-26T02:00:00Z</c>; empty where it is.</param>
    public bool TryVerify(X509Certificate2 certificate, out string reason) => TryVerify(certificate, _authorities.Current, out reason);

    /// <summary>The same, by these authorities alone.</summary>
    /// <param name="certificate">What the client showed.</param>
    /// <param name="authorities">Roots, and what is between them and the clients' certificates. Give the same object as long as they are the same.</param>
    /// <param name="reason">As above.</param>
    public bool TryVerify(X509Certificate2 certificate, X509Certificate2Collection authorities, out string reason)
    {
        var now = _time.GetUtcNow().UtcDateTime;
        var verdicts = _verdicts.GetOrCreateValue(certificate);
        if (!verdicts.TryGetValue(authorities, out var verdict) || now < verdict.From || now > verdict.To)
        {
            verdict = Judge(certificate, authorities, now);
            verdicts.AddOrUpdate(authorities, verdict);
        }

        reason = verdict.Reason;
        return reason.Length == 0;
    }

    private static Verdict Judge(X509Certificate2 certificate, X509Certificate2Collection authorities, DateTime now)
    {
        using var chain = Chain(certificate, authorities, now);
        var flaws = Flaws(chain);
        if ((flaws & ~(OfTime | OfUse)) != X509ChainStatusFlags.NoError)
        {
            return Verdict.Always("it is not from an authority that is known here");
        }

        if ((flaws & OfTime) != X509ChainStatusFlags.NoError)
        {
            return new Verdict(Text(certificate, now), now, now);
        }

        return flaws != X509ChainStatusFlags.NoError || !IsForClients(certificate)
            ? Verdict.Always("it is not for clients (its extended key usage lacks clientAuth)")
            : new Verdict("", chain.ChainElements.Max(e => e.Certificate.NotBefore.ToUniversalTime()), chain.ChainElements.Min(e => e.Certificate.NotAfter.ToUniversalTime()));
    }

    /// <summary>The chain by one root after the other: of two with one name and no key identifiers, a single look would take the first.</summary>
    private static X509Chain Chain(X509Certificate2 certificate, X509Certificate2Collection authorities, DateTime now)
    {
        var (roots, between) = (authorities.Where(IsRoot), authorities.Where(a => !IsRoot(a)).ToArray());
        X509Chain? best = null;
        foreach (var root in roots.DefaultIfEmpty())
        {
            best?.Dispose();
            best = new X509Chain { ChainPolicy = Authorities.Trust(root is null ? [] : [root, .. between], Authorities.ClientAuthentication) };
            best.ChainPolicy.VerificationTime = now;
            best.Build(certificate);
            if ((Flaws(best) & ~(OfTime | OfUse)) == X509ChainStatusFlags.NoError)
            {
                break;
            }
        }

        return best!;
    }

    private static bool IsRoot(X509Certificate2 authority) => authority.SubjectName.RawData.AsSpan().SequenceEqual(authority.IssuerName.RawData);

    private static X509ChainStatusFlags Flaws(X509Chain chain) => chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, s) => all | s.Status);

    private static string Text(X509Certificate2 certificate, DateTime now)
    {
        var (from, to) = (certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime());
        return now > to ? $"it ended at {Text(to)}" : now < from ? $"it begins at {Text(from)}" : "the certificate of its authority is not valid at this time";
    }

    private static string Text(DateTime time) => time.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    /// <summary>A chain is content with a certificate that names no use.</summary>
    private static bool IsForClients(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Any(e => e.EnhancedKeyUsages[Authorities.ClientAuthentication] is not null);

    /// <param name="Reason">Why it is not good; empty where it is.</param>
    /// <param name="From">From when on that holds.</param>
    /// <param name="To">Until when.</param>
    private sealed record Verdict(string Reason, DateTime From, DateTime To)
    {
        public static Verdict Always(string reason) => new(reason, DateTime.MinValue, DateTime.MaxValue);
    }
}
