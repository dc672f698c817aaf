// What eng/bench compares with: prometheus-net's endpoint and nothing else, over HTTPS.
// bare PORT CERTIFICATE KEY [SERIES]: listens on 127.0.0.1:PORT, with the default metrics; or with so many counters in their place, which cost less to read.
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Prometheus;

if (args.Length > 3)
{
    Metrics.SuppressDefaultMetrics();
    var family = Metrics.CreateCounter("bare_requests_total", "Made to be as many as the other's.", "verb", "resource", "code");
    for (var i = 0; i < int.Parse(args[3], CultureInfo.InvariantCulture); i++)
    {
        family.WithLabels(i % 2 == 0 ? "GET" : "LIST", string.Create(CultureInfo.InvariantCulture, $"resource{i}"), "200").Inc(i * 1.5);
    }
}

var certificate = X509Certificate2.CreateFromPemFile(args[1], args[2]);
var builder = WebApplication.CreateBuilder();
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, int.Parse(args[0], CultureInfo.InvariantCulture), l => l.UseHttps(certificate)));
var app = builder.Build();
app.MapMetrics();
await app.RunAsync();
