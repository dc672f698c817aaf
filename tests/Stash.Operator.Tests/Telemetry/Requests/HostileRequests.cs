using System.Globalization;
using System.Net;
using System.Text;
using Stash.Core.Api;

namespace Stash.Operator.Tests.Telemetry.Requests;

/// <summary>Requests that try to get values of their own into whatever is counted. Each has <see cref="Mark"/> wherever a client may write.</summary>
/// <param name="random">Where they come from.</param>
/// <param name="token">Of the operator; every fourth request shows it.</param>
internal sealed class HostileRequests(Random random, string token)
{
    /// <summary>In everything that a stranger wrote.</summary>
    public const string Mark = "h0stile";

    /// <summary>Begins the program names of those who show the token.</summary>
    public const string Admitted = "admitted";

    // Few enough that each comes again and again.
    private const int AdmittedNames = 200;

    private static readonly string[] Known =
    [
        ApiPaths.Sessions, ApiPaths.Sessions + "/{0}", ApiPaths.Aggregates, ApiPaths.Apps, ApiPaths.Running, ApiPaths.Groups, ApiPaths.Settings, ApiPaths.SettingsPreview, ApiPaths.Health, "/livez", "/readyz",
        "/healthz/{0}", "/openapi/{0}.json", "/metrics/{0}", "/apis", "/apis/{0}", "/apis/{0}/v1/{0}", "/{0}", "//{0}", "/%2e%2e/{0}", "/{0}%20%22%7d%0a{0}", "/metrics%2f{0}", "/METRICS",
    ];

    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];

    private static readonly string[] Agents =
        ["{0}", "{0}/1.0", "Mozilla/5.0 ({0})", "kubectl/v1.{0} (linux/amd64)", "Prometheus/{0}", "{0}\"}} 1", "{0}={0},{0}", "curl", ""];

    /// <summary>The next one, as HTTP/1.1.</summary>
    public string Next()
    {
        var (method, path, headers) = Any();
        StringBuilder text = new($"{method} {path} HTTP/1.1\r\nHost: {Word()}.example\r\n");
        foreach (var (name, value) in headers)
        {
            text.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        return text.Append(method is "POST" or "PUT" or "PATCH" ? "Content-Length: 2\r\n\r\n{}" : "\r\n").ToString();
    }

    /// <summary>The next one, as HTTP/2.</summary>
    public HttpRequestMessage NextMessage(Uri @operator)
    {
        var (method, path, headers) = Any();
        HttpRequestMessage request = new(new HttpMethod(method), new Uri(@operator.AbsoluteUri.TrimEnd('/') + path)) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        if (method is "POST" or "PUT" or "PATCH")
        {
            request.Content = new ByteArrayContent("{}"u8.ToArray());
        }

        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return request;
    }

    private (string Method, string Path, List<(string Name, string Value)> Headers) Any()
    {
        var isAdmitted = random.Next(4) == 0;
        var method = random.Next(3) == 0 ? $"{Mark}{random.Next(1 << 20):X}" : Methods[random.Next(Methods.Length)];
        var path = Filled(Known[random.Next(Known.Length)]) + (random.Next(3) == 0 ? $"?{Word()}={Word()}" : "");
        List<(string, string)> headers =
        [
            ("User-Agent", isAdmitted ? $"{Admitted}{random.Next(AdmittedNames)}/{random.Next(1 << 30)}" : Filled(Agents[random.Next(Agents.Length)])),
            ("Content-Type", random.Next(2) == 0 ? "application/json" : $"application/{Word()}"),
            ("Accept", $"text/{Word()}"), ("Accept-Encoding", Word()), ("X-Request-Id", Word()), ("Audit-ID", Word()), ("X-Remote-User", Word()), ("Impersonate-User", Word()), ("X-Forwarded-For", Word()),
        ];
        if (isAdmitted)
        {
            headers.Add(("Authorization", $"Bearer {token}"));
        }
        else if (random.Next(2) == 0)
        {
            headers.Add(("Authorization", random.Next(2) == 0 ? $"Bearer {Word()}" : $"Basic {Convert.ToBase64String(Encoding.ASCII.GetBytes($"{Word()}:{Word()}"))}"));
        }

        return (method, path, headers);
    }

    private string Filled(string text) => text.Contains('{', StringComparison.Ordinal) ? string.Format(CultureInfo.InvariantCulture, text, Word()) : text;

    private string Word() => $"{Mark}{random.NextInt64():x}";
}
