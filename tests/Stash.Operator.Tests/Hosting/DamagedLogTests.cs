using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Hosting;

/// <summary>The real operator on a push log whose end is damaged.</summary>
public sealed class DamagedLogTests
{
    [Fact]
    public async Task It_starts_with_what_is_good_says_what_is_lost_and_takes_the_lost_session_when_it_comes_again()
    {
        await using var it = await OperatorProcess.StartAsync();
        SessionPush first = new() { Id = "first", App = "first" };
        SessionPush lost = new() { Id = "lost", App = "lost" };
        await it.PushAsync(first);
        await it.PushAsync(lost);
        await Eventually.TrueAsync("the journal has both", async () => (await it.SessionsAsync()).Items.Count == 2);
        await it.KillAsync();
        var log = Directory.GetFiles(Path.Combine(it.DataDirectory, "gateway"), "log-*").ShouldHaveSingleItem();
        var bytes = await File.ReadAllBytesAsync(log, TestContext.Current.CancellationToken);
        bytes[^20] ^= 1;
        await File.WriteAllBytesAsync(log, bytes, TestContext.Current.CancellationToken);

        await it.StartAgainAsync();
        it.Process.Output.ShouldContain($"{log}: the last ");
        it.Process.Output.ShouldContain("are torn or damaged, as after a crash or on a failing disk; they are cut off.");
        var exposed = await it.Gateway.GetStringAsync("metrics", TestContext.Current.CancellationToken);
        exposed.ShouldContain("\nstash_gateway_log_cuts_total 1\n");
        exposed.ShouldContain("app=\"first\"");
        exposed.ShouldNotContain("app=\"lost\"");

        // The next push gets the position of the one that was cut; the journal is further than that, and must take it all the same.
        await it.PushAsync(new SessionPush { Id = "new", App = "new" });
        await it.PushAsync(lost);
        await Eventually.TrueAsync("the journal has the new one", async () => (await it.SessionsAsync()).Items.Count == 3);
        await Eventually.TrueAsync("the journal has followed to the end", async () => (await it.Gateway.GetStringAsync("metrics", TestContext.Current.CancellationToken)).Contains("\nstash_journal_lag_pushes 0\n", StringComparison.Ordinal));
        (await it.SessionsAsync()).Items.Select(s => s.Id).Order().ShouldBe(["first", "lost", "new"]);
    }
}
