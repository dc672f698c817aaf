using Stash.Console.History;
using Stash.Console.Tests.Support;
using Stash.Core.Sessions;

namespace Stash.Console.Tests.History;

public sealed class AppHistoryTests
{
    [Fact]
    public void An_ended_session_takes_its_place_by_time()
    {
        var (a, b, c) = (Sessions.Succeeded(ago: TimeSpan.FromMinutes(3)), Sessions.Succeeded(ago: TimeSpan.FromMinutes(2)), Sessions.Succeeded(ago: TimeSpan.FromMinutes(1)));
        var history = new AppHistory { Sessions = [a, c], CurrentId = a.Id, ReachesPresent = true };

        history.With(b).Sessions.ShouldBe([a, b, c]);
        history.With(b).With(b).Sessions.Count.ShouldBe(3);
        history.With(b).Next.ShouldBe(b);
    }

    [Fact]
    public void Sessions_far_from_the_present_stay_as_they_are()
    {
        var history = new AppHistory { Sessions = [Sessions.Succeeded(ago: TimeSpan.FromDays(3))], ReachesPresent = false };

        history.With(Sessions.Succeeded()).ShouldBe(history);
    }

    [Fact]
    public void A_page_left_open_keeps_its_session_and_the_one_before()
    {
        Session[] sessions = [.. Enumerable.Range(0, 30).Select(i => Sessions.Succeeded(ago: TimeSpan.FromMinutes(100 - i)))];
        var history = new AppHistory { Sessions = sessions, CurrentId = sessions[2].Id, ReachesPresent = true };

        for (var i = 0; i < 5; i++)
        {
            history = history.With(Sessions.Succeeded(ago: TimeSpan.FromMinutes(50 - i)));
        }

        history.Sessions.Count.ShouldBe(AppHistory.Length);
        history.Previous.ShouldBe(sessions[1]);
        history.Next.ShouldBe(sessions[3]);
        history.ReachesPresent.ShouldBeFalse();
    }
}
