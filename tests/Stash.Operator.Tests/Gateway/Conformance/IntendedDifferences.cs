namespace Stash.Operator.Tests.Gateway.Conformance;

/// <summary>Where ours means to differ.</summary>
/// <param name="What">In the words of <c>docs/gateway.md</c>.</param>
/// <param name="Why">The reason, there too.</param>
/// <param name="Requests">The last of them is answered differently.</param>
/// <param name="Ours">Status of our answer, and how its body begins.</param>
/// <param name="Real">The same of the real one; null where it cannot be asked, since it never answers again.</param>
internal sealed record IntendedDifference(string What, string Why, Request[] Requests, (int Status, string Body) Ours, (int Status, string Body)? Real);

/// <summary>All of them. Those that show in no answer are in the documentation alone.</summary>
internal static class IntendedDifferences
{
    public static readonly IntendedDifference[] All =
    [
        new("`%2F` and `%2e` in a path belong to the value", "a value may hold a slash without base64; the reference reads them as separators and dots of the path",
            [new("PUT", "/metrics/job/a%2Fb", "x 1\n")], (200, ""), (400, "odd number of components")),
        new("`%2F` and `%2e` in a path belong to the value", "a value may hold a slash without base64; the reference reads them as separators and dots of the path",
            [new("PUT", "/metrics/job/%2e%2e", "x 1\n")], (200, ""), (301, "")),
        new("A path that cannot be decoded is named", "the reference answers every wrong `%` with `400 Bad Request` alone",
            [new("PUT", "/metrics/job/a%zz", "x 1\n")], (400, "bad percent-encoding in path: \"a%zz\"\n"), (400, "400 Bad Request")),
        new("A value in the path that is no UTF-8 touches nothing", "the reference keeps the group, and from then on refuses every push and every scrape",
            [new("PUT", "/metrics/job/a%ff", "x 1\n"), new("PUT", "/metrics/job/b", "x 1\n")], (200, ""), (400, "pushed metrics are invalid")),
        new("A push that would break later scrapes is refused", "two groups that differ in `instance=\"\"` alone: the reference answers every later scrape with 500",
            [new("PUT", "/metrics/job/a", "x 1\n"), new("PUT", "/metrics/job/a/instance@base64/=", "y 1\n"), new("GET", "/metrics")], (200, "# HELP"), (500, "An error has occurred")),
        new("A wrong `job@base64` is answered every time", "in the reference, every later push of that kind waits for ever",
            [new("PUT", "/metrics/job@base64/!!!", "x 1\n"), new("PUT", "/metrics/job@base64/!!!", "x 1\n")], (400, "invalid base64 encoding in job name"), null),
        new("A gzip body that is cut off is refused", "the reference takes what it could read",
            [new("PUT", "/metrics/job/a", Cases.Gzip("x 1\n")[..^8], "Content-Encoding: gzip")], (400, "gzip"), (200, "")),
        new("`Content-Encoding` is read in any case", "as newer versions of the reference do, and HTTP says",
            [new("PUT", "/metrics/job/a", Cases.Gzip("x 1\n"), "Content-Encoding: GZIP")], (200, ""), (400, "text format parsing error")),
        new("A protobuf body that could not be exposed is refused", "the reference takes a gauge without a value, and finds out when it is scraped",
            [new("PUT", "/metrics/job/a", Cases.Family("bad-name", 1, [0x12, 0]), Cases.Protobuf)], (400, "protobuf parsing error: invalid metric name"), (200, "")),
        new("A family of the gateway's own may be pushed with another HELP", "the gateway's HELP is exposed; the reference does so only for what it had exposed before it began",
            [new("PUT", "/metrics/job/a", "# HELP pushgateway_http_requests_total mine\n# TYPE pushgateway_http_requests_total counter\npushgateway_http_requests_total{a=\"1\"} 1\n")],
            (200, ""), (400, "pushed metrics are invalid or inconsistent with existing metrics: gathered metric family pushgateway_http_requests_total has help")),
        new("`restic_session_*` without a TYPE are gauges", "a script's untyped push would have the sessions of every other app refused",
            [new("PUT", "/metrics/job/a", "# TYPE restic_session_success gauge\nrestic_session_success 1\n"), new("PUT", "/metrics/job/b", "restic_session_success 1\n")],
            (200, ""), (400, "pushed metrics are invalid")),
        new("The JSON API's redirects lead to the JSON API", "the reference's forget `/api/v1`",
            [new("GET", "/api/v1/metrics/")], (301, "<a href=\"/api/v1/metrics\">"), (301, "<a href=\"/metrics\">")),
        new("OpenMetrics 1.0.0 for who accepts it", "the reference 1.5.1 exposes text and protobuf alone",
            [new("GET", "/metrics", "", "Accept: application/openmetrics-text; version=1.0.0")], (200, "# TYPE"), (200, "# HELP go_")),
        new("`go_*` is not exposed, `promhttp_*` is", "there is no Go runtime here; `process_*` are this process' own",
            [new("GET", "/metrics")], (200, "# HELP process_cpu_seconds_total"), (200, "# HELP go_")),
        new("The page at `/` is our own", "and so are the files below `/static/`",
            [new("GET", "/")], (200, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">"), (200, "<!DOCTYPE html>\n\n<html")),
        new("The page at `/` is our own", "and so are the files below `/static/`",
            [new("GET", "/static/prometheus.css")], (404, "404 page not found\n"), (200, "/*")),
        new("There is no `/debug/pprof/`", "it shows Go's memory and stacks to whoever asks; use the tools of .NET",
            [new("GET", "/debug/pprof/cmdline")], (404, "404 page not found\n"), (200, "prometheus-pushgateway")),
        new("A path that is not ASCII is refused", "HTTP wants it percent-encoded, and so does the server that is built on",
            [new("PUT", "/metrics/job/ä", "x 1\n")], (400, ""), (200, "")),
    ];
}
