using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Deploy;

/// <summary>docs/rbac.md has each rule of the chart, and no other.</summary>
public sealed class RbacTableTests
{
    [Fact]
    public async Task Each_rule_of_the_operator_has_its_row()
    {
        var text = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "docs", "rbac.md"), TestContext.Current.CancellationToken);
        var section = text[text.IndexOf("## The operator", StringComparison.Ordinal)..text.IndexOf("## The console", StringComparison.Ordinal)];
        var rows = section.Split('\n').Where(l => l.StartsWith("| ", StringComparison.Ordinal)).Skip(1).Select(l => l.Split('|', StringSplitOptions.TrimEntries)).ToList();

        rows.ShouldAllBe(r => r.Length == 6 && r[3].Length > 0 && r[4].Length > 0);
        rows.Select(r => r[2]).ShouldBe((await ChartRights.RulesAsync("stash")).Select(r => r.Name), ignoreOrder: true);
    }
}
