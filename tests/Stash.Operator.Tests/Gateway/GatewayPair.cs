using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Stash.Operator.Tests.Gateway;

/// <summary>Our gateway and the real one, asked the same over connections that are kept.</summary>
internal sealed partial class GatewayPair : IAsyncDisposable
{
    private readonly GatewayServer _ours;
    private readonly ReferenceGateway _real;
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5) }) { Timeout = TimeSpan.FromSeconds(60) };

    private (string Ours, string Real) _said = ("", "");

    private GatewayPair(GatewayServer ours, ReferenceGateway real) => (_ours, _real) = (ours, real);

    public static async Task<GatewayPair> StartAsync()
    {
        var ours = await GatewayServer.StartAsync();
        try
        {
            return new GatewayPair(ours, await ReferenceGateway.StartAsync());
        }
        catch
        {
            await ours.DisposeAsync();
            throw;
        }
    }

    /// <summary>The last answers as they came, for a message.</summary>
    public string Said => $"ours: {_said.Ours}real: {_said.Real}";

    /// <summary>What each answers, without what is chance in the real one.</summary>
    public async Task<(string Ours, string Real)> SendAsync(string method, string path, byte[] body)
    {
        var answers = await Task.WhenAll(SendAsync(_ours.Address, method, path, body), SendAsync(_real.Address, method, path, body));
        return (answers[0], answers[1]);
    }

    /// <summary>What each exposes of its groups, times replaced by whether there is one.</summary>
    public async Task<(string Ours, string Real)> ExposedAsync()
    {
        var answers = await Task.WhenAll(ExposedAsync(_ours.Address), ExposedAsync(_real.Address));

        // Metrics are ordered by the values of their labels: of two that differ in names alone, the real one has either first.
        return answers[0] == answers[1] || !Tied(answers[0]) ? (answers[0], answers[1]) : (Sorted(answers[0]), Sorted(answers[1]));
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _ours.DisposeAsync();
        await _real.DisposeAsync();
    }

    private async Task<string> SendAsync(Uri gateway, string method, string path, byte[] body)
    {
        using HttpRequestMessage request = new(new HttpMethod(method), new Uri(gateway, path)) { Content = new ByteArrayContent(body) };
        using var answer = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        (gateway == _ours.Address ? ref _said.Ours : ref _said.Real) = text;
        return string.Create(CultureInfo.InvariantCulture, $"{(int)answer.StatusCode} [{answer.Content.Headers.ContentType}] {Normal(text)}");
    }

    private async Task<string> ExposedAsync(Uri gateway)
    {
        using var answer = await _http.GetAsync(new Uri(gateway, "/metrics"), TestContext.Current.CancellationToken);
        var body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            return $"{answer.StatusCode} {body}";
        }

        StringBuilder text = new();
        foreach (var line in body.Split('\n'))
        {
            var name = line.Split(' ', '{') is ["#", _, var family, ..] ? family : line.Split(' ', '{')[0];
            if (!Own().IsMatch(name))
            {
                var value = line.LastIndexOf(' ');
                text.Append(name.StartsWith("push_", StringComparison.Ordinal) && line[0] != '#' ? $"{line[..value]} {(line[value..] == " 0" ? "never" : "once")}" : line).Append('\n');
            }
        }

        return text.ToString();
    }

    /// <summary>
    /// The real one goes through families in the order of a map: which of two that do not go together or are the same is named, how many others it then finds, and
    /// which error comes first is chance.
    /// Which letters are shown escaped is a matter of the Unicode version.
    /// </summary>
    private static string Normal(string text)
    {
        text = Escapes().Replace(text, e => char.ConvertFromUtf32(int.Parse(e.Groups["code"].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture)));
        text = Values().Replace(text, "> of any value }");
        if (Collisions().IsMatch(text))
        {
            return "two that do not go together";
        }

        var first = text.IndexOf("\n* ", StringComparison.Ordinal);
        return first < 0 ? text : text[..first] + string.Concat(text[first..].Split("\n* ").Select(e => e.TrimEnd('\n')).Order(StringComparer.Ordinal).Select(e => $"\n* {e}"));
    }

    private static bool Tied(string exposed)
    {
        var lines = exposed.Split('\n').Where(l => l.Contains('{', StringComparison.Ordinal)).Select(l => l[..l.LastIndexOf(' ')]).ToArray();
        return lines.Select(l => $"{l.Split('{')[0]} {string.Join(' ', Quoted().Matches(l).Select(m => m.Value))}").Distinct(StringComparer.Ordinal).Count() < lines.Length;
    }

    private static string Sorted(string exposed) => string.Join('\n', exposed.Split('\n').Order(StringComparer.Ordinal));

    [GeneratedRegex("\"([^\"\\\\]|\\\\.)*\"", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Quoted();

    [GeneratedRegex("^(go|process|promhttp|pushgateway|stash_gateway|stash_journal)_", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Own();

    [GeneratedRegex("> (counter|gauge|untyped|histogram|summary):<.*> }", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Values();

    [GeneratedRegex("collected metric .* is not a [A-Z]+|collected [a-z ]+ named .* collides with previously collected [a-z ]+ named|gathered metric family .* has type [A-Z]+ but should have", RegexOptions.NonBacktracking)]
    private static partial Regex Collisions();

    [GeneratedRegex(@"\\u(?<code>[0-9a-f]{4})|\\U(?<code>[0-9a-f]{8})", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Escapes();
}
