using Stash.Console.Formats;

namespace Stash.Console.Tests.Formats;

public sealed class HumaneTests
{
    [Theory]
    [InlineData(0, "0 s")]
    [InlineData(0.0004, "under 1 ms")]
    [InlineData(0.45, "450 ms")]
    [InlineData(0.9996, "1.0 s")]
    [InlineData(2.44, "2.4 s")]
    [InlineData(9.96, "10 s")]
    [InlineData(59.4, "59 s")]
    [InlineData(59.6, "1 min")]
    [InlineData(185, "3 min 5 s")]
    [InlineData(3599.6, "1 h")]
    [InlineData(9600, "2 h 40 min")]
    [InlineData(273_600, "3 d 4 h")]
    [InlineData(-12, "−12 s")]
    [InlineData(double.NaN, "–")]
    [InlineData(double.PositiveInfinity, "–")]
    public void Durations(double seconds, string expected) => Humane.Duration(seconds).ShouldBe(expected);

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(980, "980 B")]
    [InlineData(1024, "1.0 KiB")]
    [InlineData(1_048_575, "1.0 MiB")]
    [InlineData(4_404_019, "4.2 MiB")]
    [InlineData(128_849_018_880, "120 GiB")]
    [InlineData(long.MaxValue, "8.0 EiB")]
    [InlineData(long.MinValue, "−8.0 EiB")]
    public void Sizes(long bytes, string expected) => Humane.Bytes(bytes).ShouldBe(expected);

    [Theory]
    [InlineData(0, "0 %")]
    [InlineData(0.001, "1 %")]
    [InlineData(0.424, "42 %")]
    [InlineData(0.999, "99 %")]
    [InlineData(1, "100 %")]
    [InlineData(1.7, "100 %")]
    public void Shares(double share, string expected) => Humane.Percent(share).ShouldBe(expected);

    [Fact]
    public void Counts()
    {
        Humane.Count(12_345).ShouldBe("12,345");
        Humane.Count(1, "app", "apps").ShouldBe("1 app");
        Humane.Count(2, "app", "apps").ShouldBe("2 apps");
    }
}
