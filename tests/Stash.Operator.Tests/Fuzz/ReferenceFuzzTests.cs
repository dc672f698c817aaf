using System.Text;
using Stash.Fuzzing;
using Stash.Operator.Tests.Gateway;

namespace Stash.Operator.Tests.Fuzz;

/// <summary>Bodies at random, pushed to our gateway and to the real one: the same answer, and the same exposed afterwards.</summary>
public sealed class ReferenceFuzzTests
{
    [Fact]
    public async Task Http()
    {
        await using var pair = await GatewayPair.StartAsync();
        Fuzzer fuzzer = new("http", Corpus.Files("text"), Corpus.TextWords, 250);
        await fuzzer.RunAsync(async body =>
        {
            if (body.AsSpan().IndexOf("restic_session"u8) >= 0)
            {
                // Always gauges with us.
                return "session";
            }

            var (ours, real) = await pair.SendAsync(body.Length % 2 == 0 ? "PUT" : "POST", "/metrics/job/fuzz/l/1", body);
            Fuzzer.Same(ours, real, $"the answer ({pair.Said})");
            if (!ours.StartsWith("400 [text/plain; charset=utf-8] text", StringComparison.Ordinal))
            {
                var (exposed, reference) = await pair.ExposedAsync();
                Fuzzer.Same(exposed, reference, "what is exposed");
            }

            return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(ours));
        });
        fuzzer.Outcomes.ShouldBeGreaterThan(5);
    }
}
