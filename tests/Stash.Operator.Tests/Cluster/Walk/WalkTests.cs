using System.Globalization;
using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Cluster.Walk;

/// <summary>All settings, and the ways between them, with a real operator.</summary>
[Collection(KubeWalkTests.Name)]
public sealed class WalkTests(WalkFixture fixture, ITestOutputHelper output) : IClassFixture<WalkFixture>
{
    [Fact]
    public async Task From_any_settings_to_any_others_there_is_what_these_make_and_nothing_is_left_behind()
    {
        var route = Settings.Route(Settings.Kinds);
        route.Zip(route.Skip(1)).Distinct().Count().ShouldBe(Settings.Kinds.Count * (Settings.Kinds.Count - 1));
        await fixture.GoAsync(route[0]);
        var empty = await fixture.EverythingInTheClusterAsync();
        empty.ShouldContain($"Lease {fixture.Facts.Operator} stash-operator");
        empty.ShouldContain($"Monitoring {fixture.Facts.Operator} stash");

        // The ways first, then what of the matrix no way has led to.
        IReadOnlyList<Settings> all = [.. route.Skip(1), .. Settings.All.Except(route)];
        var began = TimeProvider.System.GetTimestamp();
        foreach (var settings in all)
        {
            await fixture.GoAsync(settings);
            (await fixture.EverythingInTheClusterAsync()).Except(empty, StringComparer.Ordinal).ShouldBe(fixture.Facts.Names(settings), ignoreOrder: true, settings.ToString());
        }

        await fixture.GoAsync(route[0]);
        (await fixture.EverythingInTheClusterAsync()).ShouldBe(empty, ignoreOrder: true);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{all.Count + 1} transitions over {Settings.All.Count} settings in {TimeProvider.System.GetElapsedTime(began).TotalSeconds:F0} s"));
    }
}
