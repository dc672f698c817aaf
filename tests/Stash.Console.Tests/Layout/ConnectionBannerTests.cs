using Bunit;
using Stash.Console.Components.Layout;
using Stash.Console.Tests.Support;

namespace Stash.Console.Tests.Layout;

public sealed class ConnectionBannerTests
{
    [Fact]
    public async Task Is_there_while_the_operator_is_away_and_gone_once_it_is_back()
    {
        await using var context = await ConsoleContext.StartAsync();
        var banner = context.Render<ConnectionBanner>();
        banner.FindAll(".connection-away").ShouldBeEmpty();

        await context.Operator.DownAsync();
        banner.WaitForAssertion(() => banner.Find(".connection-away").TextContent.ShouldContain($"The operator at {context.Operator.Address.GetLeftPart(UriPartial.Authority)} does not answer"));

        await context.Operator.UpAsync();
        banner.WaitForAssertion(() => banner.FindAll(".connection-away").ShouldBeEmpty());
    }

    [Fact]
    public async Task A_wrong_token_is_told_with_its_remedy()
    {
        await using var context = await ConsoleContext.StartAsync();
        await File.WriteAllTextAsync(context.Operator.Folder.ApiToken, "of another data folder", Xunit.TestContext.Current.CancellationToken);
        await context.Operator.DownAsync();
        await context.Operator.UpAsync();

        var banner = context.Render<ConnectionBanner>();

        banner.WaitForAssertion(() => banner.Find(".connection-away").TextContent.ShouldContain("use the data folder that this operator runs with"));
    }
}
