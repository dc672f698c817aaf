using Bunit;
using Stash.Console.Components.Controls;
using Stash.Console.Tests.Support;

namespace Stash.Console.Tests.Controls;

public sealed class RunningListTests
{
    [Fact]
    public async Task Without_a_progress_it_shows_when_it_started()
    {
        await using var context = await ConsoleContext.StartAsync();
        var session = Sessions.Running(progress: null) with { Op = "forget", BytesDone = null, BytesTotal = null, SecondsRemaining = null };

        var list = context.Render<RunningList>(p => p.Add(c => c.Sessions, [session]));

        list.Find(".running-what").TextContent.ShouldBe("forget /source/data");
        list.Find(".running-note").TextContent.ShouldContain("started");
        list.Find(".progress-bar").ClassList.ShouldContain("progress-open");
        list.Find("[role=progressbar]").HasAttribute("aria-valuenow").ShouldBeFalse();
    }

    [Fact]
    public async Task Before_the_first_operation_it_is_starting()
    {
        await using var context = await ConsoleContext.StartAsync();

        var list = context.Render<RunningList>(p => p.Add(c => c.Sessions, [Sessions.Running(progress: null) with { Op = null, Path = null }]));

        list.Find(".running-what").TextContent.ShouldBe("starting");
    }
}
