using Stash.Console.Settings;

namespace Stash.Console.Tests.Settings;

public sealed class LineDiffTests
{
    [Theory]
    [InlineData("a\nb\nc\n", "a\nc\n", " a|-b| c")]
    [InlineData("a\nc\n", "a\nb\nc\n", " a|+b| c")]
    [InlineData("a\nb\n", "a\nx\n", " a|-b|+x")]
    [InlineData("", "a\n", "+a")]
    [InlineData("a\n", "", "-a")]
    [InlineData("", "a\n\nb\n", "+a|+|+b")]
    [InlineData("\na\n", "", "-|-a")]
    [InlineData("a\n", "a\n", " a")]
    [InlineData("a\n\nb\n", "a\nb\n", " a|-| b")]
    public void Marks_what_goes_and_what_comes(string before, string after, string lines)
    {
        string.Join('|', LineDiff.Compare(before, after).Select(l => $"{l.Mark}{l.Text}")).ShouldBe(lines);
    }
}
