using System.IO.Compression;
using System.Text;

namespace Stash.Operator.Tests.Gateway.Conformance;

/// <summary>What is asked of both gateways: each a request, or several in a row, after a wipe and one push.</summary>
internal static class Cases
{
    public const string Protobuf = "Content-Type: application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

    /// <summary>Paths and methods, most of them odd.</summary>
    public static readonly Request[] Requests =
    [
        .. Each("PUT", "x 1\n",
            "/metrics/job/a", "/metrics/job/a/", "/metrics/job/a/x", "/metrics/job/a/x/", "/metrics/job/a/x//y/z", "/metrics/job/a/../b", "/metrics/job/a/./b/c", "/metrics/job/a/1x/y", "/metrics/job/a/__x/y",
            "/metrics/job/a/_x/y", "/metrics/job/a/x-y/z", "/metrics/job/a/x.y/z", "/metrics/job/a/x:y/z", "/metrics/job/a/%C3%A4/z", "/metrics/job/a/x@base65/y", "/metrics/job/a/x@BASE64/YQ", "/metrics/job/a/@base64/YQ",
            "/metrics/job//", "/metrics/job/", "/metrics/job", "/metrics/", "/metrics", "/metrics/jobs/a", "/metrics/JOB/a/b/c", "/Metrics/job/a", "/metrics/job@base64/", "/metrics/JOB@base64/YQ", "/metrics/job@BASE64/YQ",
            "/metrics/job@base64/YQ==/x/y", "/metrics/job@base64/YQ=/x/y", "/metrics/job@base64/YQ/x/y", "/metrics/job@base64/YR/x/y", "/metrics/job@base64/w6TDtsO8L_CfmYI/x@base64/L3Zhci90bXA=",
            "/metrics/job/a/x@base64/!!!", "/metrics/job/a/x@base64/=", "/metrics/job/a/x@base64/", "/metrics/job/a/x@base64/a+b/", "/metrics/job/a/x@base64/YQ%3D%3D", "/metrics/job/a/x@base64/Y Q".Replace(" ", "%20", StringComparison.Ordinal),
            "/metrics/job/a/job/b", "/metrics/job/a/l/1/l/2", "/metrics/job/a/l/1/l@base64/Mg", "/metrics/job/a+b%20c%C3%A4/l/1?q=1", "/metrics/job/a%22%5C%0Ab", "/metrics/job/a%09b", "/metrics/job/%61", "/metrics/job/a;b=c/d/e,f", "/metrics/job/a!*'()/d/e",
            "/metrics/job/a/quantile/0.5", "/metrics/job/a/le/1", "/metrics/job/a/instance/i", "/metrics/job/a/instance/i/b/1/c/2/d/3/e/4/f/5/g/6/h/7/i/8/j/9/k/10/l/11/m/12/n/13/o/14/p/15/q/16/r/17/a/0",
            $"/metrics/job/{new string('j', 3000)}/{new string('l', 2000)}/{new string('v', 3000)}", "/api/v1/metrics", "/api/v1/status", "/api/v1/nope", "/api/v1/admin/wipe", "/-/ready", "/-/quit", "/-/nope", "/", "/status", "/nope", "//", "/..", "/./metrics/job/a"),
        .. Each("POST", "x 1\n", "/metrics/job/a", "/metrics/job/first/zone/eu", "/metrics/Job/a", "/metrics/job/", "/metrics", "/-/quit", "/-/ready", "/-/healthy", "/api/v1/admin/wipe", "/api/v1/admin/wipe/", "/status"),
        .. Each("DELETE", "", "/metrics/job/first/zone/eu", "/metrics/job/first", "/metrics/job/none", "/metrics/job/none/x", "/metrics/job@base64/Zmlyc3Q/zone@base64/ZXU=", "/metrics/job/first/zone/eu/", "/metrics/job/a/__x/y",
            "/metrics/job/a/x@base64/!!!", "/metrics/JOB/first/zone/eu", "/metrics/job//first", "/metrics", "/metrics/job", "/metrics/job/", "/api/v1/metrics", "/api/v1/admin/wipe", "/"),
        .. Each("GET", "", "/metrics/", "/METRICS", "/metrics/job/a", "/metrics/job/", "/metrics/job", "/metrics/job@base64/YQ", "/-/ready", "/-/ready/", "/-/Ready", "/-/healthy", "/-/healthy?x=y", "/-/quit", "/-/", "/nope", "/api/v1/nope", "/api/v1/", "/api/v1",
            "/api", "/api/v1/admin/wipe", "/api/v1/admin", "//metrics", "/a/../metrics", "/./api/v1", "/api/v1/x/..", "/metrics/.", "/favicon.ico", "/index.html", "/status/", "/Status", "/API/v1/metrics"),
        .. Each("HEAD", "", "/metrics", "/metrics/job/a", "/", "/status", "/-/ready", "/api/v1/metrics", "/api/v1", "/nope", "//metrics", "/-/quit"),
        .. Each("OPTIONS", "", "/metrics", "/metrics/job/a", "/metrics/job/a/b/c", "/", "/status", "/-/ready", "/-/quit", "/api/v1/metrics", "/api/v1/nope", "/api/v1/", "/api/v1/admin/wipe", "/nope", "/metrics/job"),
        .. Each("PATCH", "x 1\n", "/metrics/job/a", "/metrics", "/", "/api/v1/metrics", "/nope"),
        .. Each("TRACE", "", "/metrics/job/a", "/metrics"),
    ];

    /// <summary>Bodies of a push, most of them odd.</summary>
    public static readonly string[] Bodies =
    [
        "", "\n", "\n\n\n", " ", " \n", "\t\n", "   \n  \n", "\r\n", "x 1", "x 1\n", "x 1\r\n", "x\t1\n", "  x 1\n", "x   1  \n", "x\n", "x \n", "x 1 \n", "x 1 2 3\n", "x 1,5\n", "1x 1\n", "x-y 1\n", "x.y 1\n", ":x 1\n", "_ 1\n", "ä 1\n", "é{} 1\n",
        "x one\n", "x 1_000\n", "x 0x1p4\n", "x 0x10\n", "x 0X1P-2\n", "x 1e400\n", "x -1e400\n", "x 1e-400\n", "x 1e5\n", "x 1E5\n", "x +1\n", "x ++1\n", "x .5\n", "x 5.\n", "x .\n", "x Inf\n", "x +inf\n", "x -INFINITY\n", "x infinit\n", "x nan\n", "x NaN\n", "x -NaN\n", "x 0b1\n", "x 0o7\n",
        "x 123456789\n", "x 1234567\n", "x 100000\n", "x 1000000\n", "x 1e20\n", "x 1e21\n", "x 1e-5\n", "x 0.0001\n", "x 0.00001\n", "x 9007199254740993\n", "x 1.7976931348623157e308\n", "x 4.9e-324\n", "x 2.2250738585072014e-308\n", "x 0.1\n", "x 0.30000000000000004\n",
        "x 1 5\n", "x 1 0\n", "x 1 -5\n", "x 1 1.5\n", "x 1 abc\n", "x 1 9223372036854775808\n", "x 1 5 \n",
        "x{} 1\n", "x{ } 1\n", "x{a=\"1\"} 1\n", "x{a=\"1\",} 1\n", "x{a=\"1\",,} 1\n", "x{,} 1\n", "x{a=\"1\" ,b=\"2\"} 1\n", "x { a = \"1\" , b = \"2\" } 1\n", "x{a=\"1\"}1\n", "x{a=\"1\"\n", "x{a=\"1} 1\n", "x{a=1} 1\n", "x{a} 1\n", "x{a=} 1\n", "x{=\"1\"} 1\n", "x{1a=\"1\"} 1\n", "x{a:b=\"1\"} 1\n", "x{\"a\"=\"1\"} 1\n", "x{\"a.b\"=\"1\"} 1\n", "{\"a.b\"} 1\n", "{\"a.b\", l=\"v\"} 1\n", "{x=\"1\"} 1\n", "{} 1\n",
        "x{a=\"1\"b=\"2\"} 1\n", "x{a=\"1\",a=\"2\"} 1\n", "x{a=\"1\",a=\"1\"} 1\n", "x{__name__=\"y\"} 1\n", "x{__l=\"1\"} 1\n", "x{a=\"\"} 1\n", "x{a=\"\\\\\\\"\\n\"} 1\n", "x{a=\"\\t\"} 1\n", "x{a=\"\\x\"} 1\n", "x{a=\"a\nb\"} 1\n", "x{a=\"\t\r\"} 1\n", "x{a=\"ä💾\"} 1\n", "x{a=\"a,b}c\"} 1\n", "x{job=\"k\",instance=\"j\"} 1\n", "x{job=\"k\"} 1\ny{instance=\"\"} 1\n",
        "x{quantile=\"0.5\"} 1\n", "x{le=\"1\"} 1\n", "x 1\nx 2\n", "x{l=\"1\"} 1\nx{l=\"1\"} 2\n", "x{a=\"1\",b=\"2\"} 1\nx{b=\"2\",a=\"1\"} 2\n", "x{l=\"1\"} 1\nx{m=\"1\"} 2\n", "x{l=\"2\"} 1\nx{l=\"1\"} 2\nx 3\nx{l=\"10\"} 4\nx{a=\"1\",l=\"1\"} 5\n", "x{job=\"1\"} 1\nx{job=\"2\"} 2\n",
        "x 1\ny 2\nx{l=\"1\"} 3\n", "b 1\na 2\nc 3\n", "# \n", "#\n", "# x\n", "#x 1\n", "# HELP\n", "# HELP x\n", "# HELP x \n", "# HELP x a\n", "# HELP x a\nx 1\n", "# HELP x a \\n b \\\\ \\x \\\"q\\\"\nx 1\n", "# HELP x   a  b  \nx 1\n", "# HELP x a\n# HELP x b\nx 1\n", "x 1\n# HELP x late\n", "# help x a\nx 1\n", "#HELP x a\nx 1\n", "# HELP 1x a\n", "# HELP x-y a\nx 1\n", "# HELP x\ta\nx 1\n", "# HELP x \nx 1\n", "# HELP x é\u2028ü\nx 1\n",
        "# TYPE x\nx 1\n", "# TYPE x gauge\n", "# TYPE x gauge\nx 1\n", "# TYPE x GAUGE\nx 1\n", "# TYPE x counter\nx -1\n", "# TYPE x counter\nx NaN\n", "# TYPE x untyped\nx 1\n", "# TYPE x unknown\nx 1\n", "# TYPE x info\nx 1\n", "# TYPE x gauge\n# TYPE x gauge\nx 1\n", "x 1\n# TYPE x gauge\n", "# TYPE x gauge \nx 1\n", "# TYPE x gauge counter\nx 1\n", "# TYPE 1x gauge\n", "# TYPE x-y gauge\n", "# TYPE x gauge\ny 1\nx 2\n", "# TYPE x summary\n", "# UNIT x seconds\nx 1\n", "# EOF\n", "x 1\n# EOF\n", "# EOF\nx 1\n", "# EOF", "x 1 # {a=\"1\"} 2\n", "# TYPE x counter\nx_total 1 # {id=\"1\"} 1 1\n",
        "# TYPE x counter\nx_total 1\n", "x_total 1\n", "# TYPE x_total counter\nx_total 1\n", "# TYPE x_created gauge\nx_created 5\n# TYPE x_total counter\nx_total 3\n",
        "# TYPE h histogram\nh_bucket{le=\"1\"} 1\n", "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n", "# TYPE h histogram\nh_bucket{le=\"2\"} 1\nh_bucket{le=\"1\"} 1\nh_sum 2\nh_count 3\n", "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 5\nh_bucket{le=\"1\"} 1\nh_count 3\n", "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"1\"} 2\n", "# TYPE h histogram\nh_bucket{le=\"1\"} 5\nh_bucket{le=\"2\"} 1\nh_count 1\n",
        "# TYPE h histogram\nh_bucket 1\n", "# TYPE h histogram\nh_bucket{le=\"x\"} 1\n", "# TYPE h histogram\nh_bucket{le=\"\"} 1\n", "# TYPE h histogram\nh_bucket{le=\"NaN\"} 1\n", "# TYPE h histogram\nh_bucket{le=\"1\"} 1.5\n", "# TYPE h histogram\nh_count 0\n", "# TYPE h histogram\nh_count 1.9\n", "# TYPE h histogram\nh_sum 1\n", "# TYPE h histogram\nh_count 1\n", "# TYPE h histogram\nh_sum -1\nh_count 1\n", "# TYPE h histogram\nh 1\n", "# TYPE h histogram\nh{le=\"1\"} 1\n", "# TYPE h histogram\nh_sum{le=\"1\"} 1\n", "# TYPE h histogram\nh_bucket{le=\"0.5\",a=\"1\"} 1\nh_bucket{le=\"0.5\",a=\"2\"} 2\nh_sum{a=\"2\"} 1\n", "# TYPE h histogram\nh_bucket{a=\"1\",le=\"1\"} 1\nh_bucket{le=\"2\",a=\"1\"} 2\n", "# TYPE h histogram\nh_bucket{le=\"1e3\"} 1\nh_bucket{le=\"0x10\"} 2\n",
        "h_bucket{le=\"1\"} 1\nh_count 1\n", "h_count 1\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\n", "# TYPE h histogram\nh_bucket{le=\"1\"} 1\n# TYPE h_count gauge\nh_count 1\n", "# TYPE h histogram\nh_bucket{le=\"1\"} 1\n# TYPE h_bucket gauge\nh_bucket 1\n", "# TYPE h histogram\nh_bucket{quantile=\"1\",le=\"1\"} 1\n",
        "# TYPE s summary\ns{quantile=\"0.5\"} 1\ns_sum 2\ns_count 3\n", "# TYPE s summary\ns_sum 2\n", "# TYPE s summary\ns 2\n", "# TYPE s summary\ns{quantile=\"x\"} 2\n", "# TYPE s summary\ns{quantile=\"2\"} 2\n", "# TYPE s summary\ns{quantile=\"-1\"} 2\n", "# TYPE s summary\ns{quantile=\"0.9\"} 2\ns{quantile=\"0.5\"} 1\n", "# TYPE s summary\ns{quantile=\"0.5\"} 2\ns{quantile=\"0.5\"} 1\n", "# TYPE s summary\ns_count{quantile=\"0.5\"} 2\n", "# TYPE s summary\ns{quantile=\"0.5\"} NaN\ns_sum NaN\ns_count 0\n", "# TYPE s summary\ns_bucket{le=\"1\"} 2\n", "# TYPE s summary\ns{quantile=\"0.5\"} 1\n# TYPE s_bucket gauge\ns_bucket 1\n", "# TYPE s summary\ns{quantile=\"0.5\",le=\"1\"} 1\n", "# TYPE s summary\ns_count 1e3\n", "# TYPE s summary\ns_count 1e30\n",
        "t{a=\"1\"} 1\n", "# TYPE t gauge\nt{a=\"1\"} 1\n", "# TYPE t counter\nt{a=\"1\"} 1\n", "# HELP t Another.\n# TYPE t gauge\nt{a=\"1\"} 1\n", "t{job=\"first\",zone=\"eu\"} 1\n", "f{zone=\"eu\"} 2\n",
        "push_time_seconds 1\n", "push_time_seconds{a=\"1\"} 1\npush_failure_time_seconds{a=\"1\"} 4\n", "# TYPE push_time_seconds counter\npush_time_seconds 1\n", "push_time_seconds 1 5\n",
        "pushgateway_build_info 1\n", "# TYPE pushgateway_build_info gauge\npushgateway_build_info 1\n", "# TYPE process_open_fds counter\nprocess_open_fds 1\n",
        "# TYPE job gauge\njob 1\n", "labels 1\nlast_push_successful 2\nlast 3\nzz 4\n", "a_very_long_name_" + new string('n', 900) + " 1\n", $"x{{a=\"{new string('v', 5000)}\"}} 1\n", "x 1\n\ny 2\n \n# z\n", "x 1\nx_1 2\nX 3\n_x 4\n:x 5\n", "x{b=\"1\"} 1\nx{a=\"1\",b=\"0\"} 2\nx{c=\"3\"} 3\n",
    ];

    /// <summary>Requests that belong together.</summary>
    public static readonly Request[][] Sequences =
    [
        [
            new("PUT", "/metrics/job/a", "x{l=\"1\"} 1\nx{l=\"2\"} 2\ny 3\n"), new("POST", "/metrics/job/a", "x{l=\"3\"} 4\n"), new("PUT", "/metrics/job/b", "# TYPE x gauge\nx 1\n"), new("POST", "/metrics/job/b", "x 1 77\n"), new("PUT", "/metrics/job/b", "x 8\n"),
            new("PUT", "/metrics/job/c/app/web", "x 1\nx 2\n"), new("PUT", "/metrics/job/a", "# TYPE z counter\nz 5\n"), new("DELETE", "/metrics/job/b"), new("PUT", "/metrics/job/d", "# TYPE x gauge\nx 1\n"), new("POST", "/metrics/job/a", ""),
        ],
        [new("PUT", "/metrics/job/d/instance/one", "x{instance=\"\"} 1\n"), new("PUT", "/metrics/job/e", "# TYPE z histogram\nz_bucket{le=\"1\"} 1\n"), new("PUT", "/metrics/job/f", "# TYPE hh histogram\nhh_bucket{le=\"1\"} 1\nhh_sum 1\nhh_count 1\n"), new("PUT", "/metrics/job/g", "hh_count 1\n"), new("PUT", "/metrics/job/g", "hh_bucket 1\n"), new("PUT", "/metrics/job/h", "# TYPE hh summary\nhh_count 1\n")],
        [new("PUT", "/metrics/job/a", "x 1\n"), new("PUT", "/metrics/job/a", ""), new("POST", "/metrics/job/a", "y 1\n"), new("POST", "/metrics/job/a", "y 1 1\n"), new("PUT", "/metrics/job/a", "y one\n"), new("DELETE", "/metrics/job/a"), new("DELETE", "/metrics/job/a")],
        [new("PUT", "/metrics/job/a", "# HELP x one\nx 1\n"), new("POST", "/metrics/job/a", "# HELP x two\nx 2\n"), new("POST", "/metrics/job/a", "x{a=\"1\"} 2\n")],
        [new("PUT", "/metrics/job/a", "x 1 1\n"), new("PUT", "/metrics/job/a", "x 1\n"), new("PUT", "/api/v1/admin/wipe"), new("PUT", "/api/v1/admin/wipe"), new("POST", "/metrics/job/a", "x 1\n")],
        [new("POST", "/metrics/job/first/zone/eu", "# TYPE f gauge\nf 1\n"), new("PUT", "/metrics/job/first/zone/eu", "# TYPE f gauge\nf 1\n"), new("PUT", "/metrics/job/other", "f 1\n")],
        [new("PUT", "/metrics/job/a/zone/eu", "x{job=\"first\"} 1\n"), new("PUT", "/metrics/job/first/zone/us", "x{zone=\"eu\"} 1\n"), new("PUT", "/metrics/job/first", "x{zone=\"eu\"} 1\n"), new("PUT", "/metrics/job/first", "y{zone=\"eu\"} 1\n")],
        [new("PUT", "/metrics/job/b", "n 1\n"), new("PUT", "/metrics/job/a", "n 2\n"), new("PUT", "/metrics/job/a/a/1", "n 3\n"), new("PUT", "/metrics/job/B", "n 4\n"), new("PUT", "/metrics/job/%C3%A4", "n 5\n"), new("PUT", "/metrics/job/a/z/1", "n 6\n")],
    ];

    /// <summary>Headers, and bodies that are no text.</summary>
    public static readonly Request[] Encodings =
    [
        new("PUT", "/metrics/job/a", Gzip("x 1\n"), "Content-Encoding: gzip"),
        new("PUT", "/metrics/job/a", Gzip("x one\n"), "Content-Encoding: gzip"),
        new("PUT", "/metrics/job/a", Gzip("\n"), "Content-Encoding: gzip"),
        new("PUT", "/metrics/job/a", [.. Gzip("x 1\n"), .. Gzip("y 2\n")], "Content-Encoding: gzip"),
        new("PUT", "/metrics/job/a", "a_rather_long_name 1\n", "Content-Encoding: gzip"),
        new("PUT", "/metrics/job/a", Gzip("x 1\n")),
        new("PUT", "/metrics/job/a", "x 1\n", "Content-Encoding: identity"),
        new("PUT", "/metrics/job/a", "x 1\n", "Content-Encoding: nonsense"),
        new("PUT", "/metrics/job/a", "x 1\n", "Content-Type: text/plain; version=0.0.4"),
        new("PUT", "/metrics/job/a", "x 1\n", "Content-Type: application/json"),
        new("PUT", "/metrics/job/a", "x 1\n", "Content-Type: nonsense"),
        new("PUT", "/metrics/job/a", "x 1\n", "Content-Type: application/x-www-form-urlencoded"),
        new("PUT", "/metrics/job/a", "x 1\n", "Content-Type: application/vnd.google.protobuf"),
        new("PUT", "/metrics/job/a", "x 1\n", "Content-Type: application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=text"),
        new("PUT", "/metrics/job/a", "x 1\n", "Content-Type: application/openmetrics-text; version=1.0.0"),
        new("PUT", "/metrics/job/a", "x 1\n", "Expect: 100-continue-not"),
        new("PUT", "/metrics/job/a", "4\r\nx 1\n\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
        new("PUT", "/metrics/job/a", "", Protobuf),
        new("PUT", "/metrics/job/a", [.. "x{a=\""u8, 0, .. "\"} 1\n"u8]),
        new("PUT", "/metrics/job/a", [.. "x 1"u8, 0, .. "\n"u8]),
        new("PUT", "/metrics/job/a", [0]),
        new("PUT", "/metrics/job/a", [.. "x{a=\""u8, 0xff, .. "\"} 1\n"u8]),
        new("PUT", "/metrics/job/a", [.. "x{a=\""u8, 0xc3, .. "\"} 1\n"u8]),
        new("PUT", "/metrics/job/a", [0xff, .. " 1\n"u8]),
        new("PUT", "/metrics/job/a", [.. "# "u8, 0xff, .. "\nx 1\n"u8]),
        new("PUT", "/metrics/job/a", [0xef, 0xbb, 0xbf, .. "x 1\n"u8]),
        .. Messages.Select(m => new Request("PUT", "/metrics/job/a", m, Protobuf)),
        new("PUT", "/metrics/job/a", Family("g", 1, Metric(Gauge(1))), "Content-Type: APPLICATION/VND.GOOGLE.PROTOBUF; encoding=delimited; proto=io.prometheus.client.MetricFamily"),
        new("PUT", "/metrics/job/a", Family("g", 1, Metric(Gauge(1))), "Content-Type: application/vnd.google.protobuf; proto=\"io.prometheus.client.MetricFamily\"; encoding=delimited; q=1"),
    ];

    private static IEnumerable<byte[]> Messages =>
    [
        Family("g", 1, Metric(Gauge(1))),
        Family("g", 1, Metric([.. Label("l", "1"), .. Gauge(2.5)]), Metric([.. Label("l", "2"), .. Gauge(3)])),
        [.. Family("g", 1, Metric(Gauge(1))), .. Family("c", 0, Metric([0x1a, 9, 9, .. Double(7)]))],
        [.. Family("g", 1, Metric(Gauge(1))), .. Family("g", 1, Metric(Gauge(2)))],
        Family("u", 3, Metric([0x2a, 9, 9, .. Double(7)])),
        Family("s", 2, Metric([0x22, 11, 8, 3, 0x11, .. Double(4.5)])),
        Family("s", 2, Metric([0x22, 0])),
        Family("h", 4, Metric([0x3a, 24, 8, 3, 0x11, .. Double(4.5), 0x1a, 11, 8, 2, 0x11, .. Double(0.5)])),
        Family("h", 4, Metric([0x3a, 0])),
        Family("g", 1, Metric([.. Gauge(1), 0x30, 5])),
        Family("g", 1, Metric([.. Label("job", "other"), .. Label("instance", "i"), .. Gauge(1)])),
        Family("g", 1, Metric([.. Label("z", "1"), .. Label("a", "2"), .. Gauge(1)])),
    ];

    private static IEnumerable<Request> Each(string method, string body, params string[] paths) => paths.Select(p => new Request(method, p, body));

    public static byte[] Gzip(string text)
    {
        using MemoryStream output = new();
        using (GZipStream gzip = new(output, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return output.ToArray();
    }

    /// <summary>A delimited message of a family with a help.</summary>
    public static byte[] Family(string name, byte type, params byte[][] metrics)
    {
        byte[] body = [0x0a, (byte)name.Length, .. Encoding.UTF8.GetBytes(name), 0x12, 1, (byte)'h', 0x18, type, .. metrics.SelectMany(m => (byte[])[0x22, (byte)m.Length, .. m])];
        return [(byte)body.Length, .. body];
    }

    private static byte[] Metric(byte[] body) => body;

    private static byte[] Label(string name, string value) => [0x0a, (byte)(name.Length + value.Length + 4), 0x0a, (byte)name.Length, .. Encoding.UTF8.GetBytes(name), 0x12, (byte)value.Length, .. Encoding.UTF8.GetBytes(value)];

    private static byte[] Gauge(double value) => [0x12, 9, 9, .. Double(value)];

    private static byte[] Double(double value) => BitConverter.GetBytes(value);
}
