namespace Stash.Core.Tests;

public sealed class PlaceholderTests
{
    [Fact]
    public void Test_project_runs() => typeof(PlaceholderTests).Assembly.GetName().Name.ShouldBe("Stash.Core.Tests");
}
