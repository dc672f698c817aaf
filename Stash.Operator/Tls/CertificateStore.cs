using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Stash.Core;
using Stash.Core.Configuration;
using Stash.Operator.Files;

namespace Stash.Operator.Tls;

/// <summary>
/// The operator's own serving certificate in the data folder: <c>tls.crt</c> and <c>tls.key</c>, by the authority of <c>ca.crt</c> (<see cref="OwnAuthority"/>); PEM, ECDSA P-256,
/// keys with mode 0600. Made at first start; made anew when its end is near, also while the process runs, and when its names or its authority are others.
/// Files that somebody replaces are taken while the process runs; what cannot be used, as a certificate without its key, leaves what was.
/// </summary>
internal sealed partial class CertificateStore : IServingCertificate
{
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);

    /// <summary>After which files that have not changed are judged again.</summary>
    private static readonly TimeSpan Again = TimeSpan.FromHours(1);

    private readonly DataFolder _data;
    private readonly IReadOnlyCollection<string> _names;
    private readonly TimeProvider _time;
    private readonly LookPace _pace;
    private readonly ILogger _logger;
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private string[] _files = [];
    private ServedCertificate _current;
    private long _judged;
    private string _failure = "";

    /// <param name="data">Where the files are.</param>
    /// <param name="names">DNS names and IP addresses that clients may use.</param>
    /// <param name="time">The clock of their validity.</param>
    /// <param name="logger">Gets a line for each change.</param>
    /// <exception cref="UserErrorException">A file is damaged, or cannot be read or written.</exception>
    public CertificateStore(DataFolder data, IReadOnlyCollection<string> names, TimeProvider time, ILogger logger)
    {
        (_data, _names, _time, _logger) = (data, names, time, logger);
        _current = Load(Files(), null);
        _pace = new LookPace(time);
    }

    public string AuthorityFile => _data.CaCertificate;

    private string Certificate => _data.In("tls.crt");

    private string Key => _data.In("tls.key");

    /// <summary>What serves, its authority in <see cref="DataFolder.CaCertificate"/>.</summary>
    public ServedCertificate Current
    {
        get
        {
            if (_pace.TryBegin())
            {
                try
                {
                    LookAgain();
                }
                finally
                {
                    _pace.End();
                }
            }

            return Volatile.Read(ref _current);
        }
    }

    private void LookAgain()
    {
        try
        {
            var files = Files();
            if (files.SequenceEqual(_files, StringComparer.Ordinal) && _time.GetElapsedTime(_judged) < Again)
            {
                _failure = "";
                return;
            }

            // The one before is not disposed: handshakes may be using it.
            var before = _current;
            var loaded = Load(files, before);
            Volatile.Write(ref _current, loaded);
            _failure = "";
            if (loaded != before)
            {
                LogInUse(_logger, Certificate, loaded.End);
            }
        }
        catch (UserErrorException e)
        {
            if (_failure != e.Message)
            {
                _failure = e.Message;
                LogKept(_logger, e.Message);
            }
        }
    }

    private ServedCertificate Load(string[] files, ServedCertificate? before)
    {
        try
        {
            var now = _time.GetUtcNow();
            var authority = Authority(now, isStart: before is null);
            var isSame = before is not null && files.AsSpan(^2..).SequenceEqual(_files.AsSpan(^2..));
            var served = Given(authority, now, before) is not { } given ? Make(authority, now, files) : isSame ? before! : given;
            foreach (var key in new[] { _data.CaKey, Key }.Where(k => SecretFiles.IsForEveryone(k) && _told.Add(k)))
            {
                LogForEveryone(_logger, key);
            }

            _files = files;
            _judged = _time.GetTimestamp();
            return served;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new UserErrorException($"The certificates in {_data.FullPath} cannot be read or written: make ca.crt, ca.key, tls.crt and tls.key there accessible to this user.", inner: e);
        }
    }

    private OwnAuthority Authority(DateTimeOffset now, bool isStart)
    {
        // Without its certificate nobody can have trusted the key: as after a crash between the two at first start. Later, it is a mistake.
        if (isStart && !File.Exists(_data.CaCertificate))
        {
            return OwnAuthority.Make(_data, now);
        }

        var authority = OwnAuthority.Read(_data);
        var advanced = authority.Advance(_data, now);
        if (advanced != authority)
        {
            LogAuthority(_logger, _data.CaCertificate, authority.Signer.NotAfter.ToUniversalTime());
        }

        return advanced;
    }

    /// <summary>What the files hold; null where a certificate is to be made.</summary>
    private ServedCertificate? Given(OwnAuthority authority, DateTimeOffset now, ServedCertificate? before)
    {
        if (!File.Exists(Certificate) && !File.Exists(Key))
        {
            return null;
        }

        ServedCertificate served;
        try
        {
            served = File.Exists(Certificate) && File.Exists(Key)
                ? ServedCertificate.Read(File.ReadAllText(Certificate), File.ReadAllText(Key), Certificate, "tls.key")
                : throw new UserErrorException($"Of {Certificate} and tls.key there is one: put the other beside it, or delete it too to have new ones made.");
        }
        catch (UserErrorException) when (before is null || IsNearItsEnd(before, now))
        {
            // A pair that a crash has torn apart. While the process runs it is one that somebody is replacing; but not for ever.
            return null;
        }

        if (served.Leaf.Subject == CertificateIssuer.ServingName)
        {
            return !IsNearItsEnd(served, now) && IsSigned(served, authority, now) && _names.All(n => IsFor(served.Leaf, n)) ? served : null;
        }

        return IsSigned(served, authority, now)
            ? served
            : throw new UserErrorException($"{Certificate} is not by the authority of ca.crt, or not valid: name it and its key with --tls-cert-file and --tls-private-key-file, or delete both to have new ones made.");
    }

    private static bool IsNearItsEnd(ServedCertificate served, DateTimeOffset now) => served.End - now < RenewBefore;

    private ServedCertificate Make(OwnAuthority authority, DateTimeOffset now, string[] files)
    {
        var made = CertificateIssuer.Serving(authority.Signer, _names, now);
        made.Write(Certificate, Key);
        (files[^2], files[^1]) = (Hash(Encoding.ASCII.GetBytes(made.Certificate)), Hash(Encoding.ASCII.GetBytes(made.Key)));
        return ServedCertificate.Read(made.Certificate, made.Key, Certificate, "tls.key");
    }

    private static bool IsSigned(ServedCertificate served, OwnAuthority authority, DateTimeOffset now)
    {
        using X509Chain chain = new() { ChainPolicy = Authorities.Trust(authority.Trusted, Authorities.ServerAuthentication) };
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        return chain.Build(served.Leaf);
    }

    private static bool IsFor(X509Certificate2 certificate, string name)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().ToArray();
        return IPAddress.TryParse(name, out var address)
            ? names.SelectMany(n => n.EnumerateIPAddresses()).Contains(address)
            : names.SelectMany(n => n.EnumerateDnsNames()).Contains(name, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Hashes of the files, to see whether they change; an empty one for one that is not there.</summary>
    private string[] Files()
    {
        try
        {
            return [.. new[] { _data.CaCertificate, _data.CaKey, Certificate, Key }.Select(f => File.Exists(f) ? Hash(File.ReadAllBytes(f)) : "")];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"The certificates in {_data.FullPath} cannot be read: make ca.crt, ca.key, tls.crt and tls.key there accessible to this user.", inner: e);
        }
    }

    private static string Hash(byte[] content) => Convert.ToHexString(SHA256.HashData(content));

    [LoggerMessage(Level = LogLevel.Information, Message = "{File} is another one: new connections get it, valid until {End:yyyy-MM-ddTHH:mm:ssZ}")]
    private static partial void LogInUse(ILogger logger, string file, DateTimeOffset end);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{File} holds a key and can be read by every user of this machine: make it this user's alone with chmod 600")]
    private static partial void LogForEveryone(ILogger logger, string file);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{File} changes, because the operator's own authority ends at {End:yyyy-MM-ddTHH:mm:ssZ}: give clients that have a copy of that file the new one")]
    private static partial void LogAuthority(ILogger logger, string file, DateTime end);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Error} Until then, what was before stays in use")]
    private static partial void LogKept(ILogger logger, string error);
}
