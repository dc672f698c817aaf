using System.Globalization;
using Stash.Operator.Telemetry.Requests;

namespace Stash.Operator.Tests.Telemetry.Requests;

/// <summary>What becomes of the header <c>User-Agent</c>.</summary>
public sealed class ClientNamesTests
{
    private readonly ClientNames _names = new();

    [Theory]
    [InlineData("Prometheus/2.42.0", "Prometheus")]
    [InlineData("kubectl/v1.20.2 (linux/amd64) kubernetes/faecb19", "kubectl")]
    [InlineData("kube-probe/1.20+", "kube-probe")]
    [InlineData("curl", "curl")]
    [InlineData("Mozilla/5.0 (X11; Linux x86_64)", "Browser")]
    [InlineData("", "unknown")]
    [InlineData(null, "unknown")]
    [InlineData("   ", "unknown")]
    [InlineData("/1.0", "other")]
    [InlineData("Ünicode/1", "other")]
    [InlineData("a\"b\nc/1", "other")]
    [InlineData("1password/8", "other")]
    [InlineData("abcdefghijklmnopqrstuvwxyzabcdefghijklmno/1", "other")]
    public void A_client_that_is_known_is_named_by_its_product(string? agent, string name) => _names.Of(agent, isAuthenticated: true).ShouldBe(name);

    [Fact]
    public void Who_is_not_known_brings_no_name_in()
    {
        _names.Of("Prometheus/2.42.0", isAuthenticated: true).ShouldBe("Prometheus");
        _names.Of("Prometheus/2.42.0", isAuthenticated: false).ShouldBe("other");
        _names.Of("anything", isAuthenticated: false).ShouldBe("other");
        _names.Of("Mozilla/5.0", isAuthenticated: false).ShouldBe("Browser");
        _names.Of(null, isAuthenticated: false).ShouldBe("unknown");
    }

    [Fact]
    public void There_are_no_more_than_fifty()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        Parallel.For(0, 10_000, i =>
        {
            var name = _names.Of(string.Create(CultureInfo.InvariantCulture, $"agent{i}/1"), isAuthenticated: true);
            lock (seen)
            {
                seen.Add(name);
            }
        });
        seen.Count.ShouldBe(ClientNames.Most + 1);
        seen.ShouldContain("other");
        var kept = seen.First(n => n != "other");
        _names.Of(kept, isAuthenticated: true).ShouldBe(kept);
    }
}
