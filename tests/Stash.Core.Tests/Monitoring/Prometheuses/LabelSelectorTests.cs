using CsCheck;
using k8s.Models;
using Stash.Core.Monitoring.Prometheuses;

namespace Stash.Core.Tests.Monitoring.Prometheuses;

public sealed class LabelSelectorTests
{
    private static readonly string[] Keys = ["a", "b", "example.com/c"];
    private static readonly string[] Values = ["", "x", "y", "stash", "stash-2"];

    private static readonly Gen<V1LabelSelectorRequirement> Requirement = Gen.Select(Among(Keys), Among("In", "NotIn", "Exists", "DoesNotExist"), Among(Values).Array[1, 3],
        (key, op, values) => new V1LabelSelectorRequirement { Key = key, OperatorProperty = op, Values = op is "In" or "NotIn" ? values : null });

    private static readonly Gen<Dictionary<string, string>> Labels = Gen.Select(Gen.Int[-1, Values.Length - 1].Array[Keys.Length],
        chosen => Keys.Zip(chosen).Where(c => c.Second >= 0).ToDictionary(c => c.First, c => Values[c.Second], StringComparer.Ordinal));

    private static readonly Gen<V1LabelSelector> Selector = Gen.Select(Labels, Gen.Bool, Requirement.Array[0, 4],
        (labels, isUsed, requirements) => new V1LabelSelector { MatchLabels = isUsed ? labels : null, MatchExpressions = requirements });

    [Fact]
    public void None_selects_nothing_and_an_empty_one_everything()
    {
        LabelSelector.Of(null).Matches(new Dictionary<string, string>(StringComparer.Ordinal)).ShouldBeFalse();
        LabelSelector.Of(null).Nearest(new Dictionary<string, string>(StringComparer.Ordinal)).ShouldBeNull();
        foreach (var empty in new[] { new V1LabelSelector(), new V1LabelSelector { MatchLabels = new Dictionary<string, string>(StringComparer.Ordinal), MatchExpressions = [] } })
        {
            LabelSelector.Of(empty).Matches(new Dictionary<string, string>(StringComparer.Ordinal)).ShouldBeTrue();
            LabelSelector.Of(empty).Matches(Of("a=x")).ShouldBeTrue();
            LabelSelector.Of(empty).ToString().ShouldBe("");
        }
    }

    [Theory]
    [InlineData("In", "x,y", "a=x", true)]
    [InlineData("In", "x,y", "a=y", true)]
    [InlineData("In", "x,y", "a=X", false)]
    [InlineData("In", "x,y", "a=", false)]
    [InlineData("In", "x,y", "b=x", false)]
    [InlineData("In", "", "a=", true)]
    [InlineData("In", "", "", false)]
    [InlineData("NotIn", "x,y", "a=x", false)]
    [InlineData("NotIn", "x,y", "a=z", true)]
    [InlineData("NotIn", "x,y", "", true)]
    [InlineData("NotIn", "", "a=", false)]
    [InlineData("Exists", null, "a=", true)]
    [InlineData("Exists", null, "A=x", false)]
    [InlineData("DoesNotExist", null, "", true)]
    [InlineData("DoesNotExist", null, "a=", false)]
    public void Each_operator_has_the_meaning_of_Kubernetes(string op, string? values, string labels, bool isSelected) =>
        LabelSelector.Of(Expression("a", op, values?.Split(','))).Matches(Of(labels)).ShouldBe(isSelected);

    [Theory]
    [InlineData("a", "in", "x", "\"in\" of a is no operator: give In, NotIn, Exists or DoesNotExist.")]
    [InlineData("a", "Equals", "x", "\"Equals\" of a is no operator: give In, NotIn, Exists or DoesNotExist.")]
    [InlineData("a", "In", null, "In of a has no values: give it one at least.")]
    [InlineData("a", "NotIn", null, "NotIn of a has no values: give it one at least.")]
    [InlineData("a", "Exists", "x", "Exists of a has values: take them away.")]
    [InlineData("a", "DoesNotExist", "", "DoesNotExist of a has values: take them away.")]
    [InlineData("a b", "Exists", null, "\"a b\" is not a label key")]
    [InlineData("", "Exists", null, "\"\" is not a label key")]
    [InlineData("a", "NotIn", "x y", "\"x y\" is not a value for label a")]
    public void A_wrong_one_selects_nothing_and_says_why(string key, string op, string? value, string error)
    {
        var selector = LabelSelector.Of(Expression(key, op, value is null ? null : [value]));
        selector.Error.ShouldNotBeNull().ShouldStartWith(error);
        selector.Matches(Of("")).ShouldBeFalse();
        selector.Matches(Of("a=x")).ShouldBeFalse();
        selector.Nearest(Of("a=x")).ShouldBeNull();
    }

    [Fact]
    public void Labels_and_expressions_are_all_to_be_met()
    {
        V1LabelSelector both = new()
        {
            MatchLabels = new Dictionary<string, string>(StringComparer.Ordinal) { ["b"] = "y", ["a"] = "x" },
            MatchExpressions = [new() { Key = "c", OperatorProperty = "NotIn", Values = ["v", "u"] }, new() { Key = "d", OperatorProperty = "DoesNotExist" }, new() { Key = "e", OperatorProperty = "Exists" }],
        };
        var selector = LabelSelector.Of(both);
        selector.ToString().ShouldBe("a=x,b=y,c notin (u,v),!d,e");
        selector.Matches(Of("a=x,b=y,e=1")).ShouldBeTrue();
        selector.UnmetBy(Of("a=x,b=z,c=u,d=1")).Select(r => r.ToString()).ShouldBe(["b=y", "c notin (u,v)", "!d", "e"]);
        selector.Nearest(Of("a=x,b=z,c=u,d=1,f=kept")).ShouldNotBeNull().ShouldBe(Of("a=x,b=y,e=stash,f=kept"), ignoreOrder: true);
    }

    [Fact]
    public void Whatever_the_selector_it_selects_what_the_definition_of_each_operator_says() =>
        Gen.Select(Selector, Labels).Sample((selector, labels) => LabelSelector.Of(selector).Matches(labels) == Naive(selector, labels), iter: 20_000);

    [Fact]
    public void The_nearest_labels_are_selected_and_nearer_ones_are_not() =>
        Gen.Select(Selector, Labels).Sample(
            (selector, labels) =>
            {
                // Every possible set of labels: one more value than a selector can name at a key, and none.
                var nearest = LabelSelector.Of(selector).Nearest(labels);
                var selected = All().Where(l => Naive(selector, l)).ToList();
                return nearest is null
                    ? selected.Count == 0
                    : Naive(selector, nearest) && selected.Min(l => Distance(l, labels)) == Distance(nearest, labels);
            },
            iter: 2_000);

    private static Gen<string> Among(params string[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static IEnumerable<Dictionary<string, string>> All()
    {
        string?[] values = [null, .. Values, "other"];
        return from a in values
               from b in values
               from c in values
               select Keys.Zip([a, b, c]).Where(l => l.Second is not null).ToDictionary(l => l.First, l => l.Second!, StringComparer.Ordinal);
    }

    private static int Distance(IReadOnlyDictionary<string, string> one, IReadOnlyDictionary<string, string> other) =>
        one.Keys.Union(other.Keys, StringComparer.Ordinal).Count(k => one.GetValueOrDefault(k) != other.GetValueOrDefault(k));

    /// <summary>By the text of the definitions, one label at a time.</summary>
    private static bool Naive(V1LabelSelector selector, IReadOnlyDictionary<string, string> labels)
    {
        foreach (var wanted in selector.MatchLabels ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            if (!labels.Any(l => l.Key == wanted.Key && l.Value == wanted.Value))
            {
                return false;
            }
        }

        foreach (var expression in selector.MatchExpressions ?? [])
        {
            var found = labels.Where(l => l.Key == expression.Key).Select(l => l.Value).ToList();
            var isAmong = found.Exists(v => expression.Values?.Any(w => w == v) == true);
            if ((expression.OperatorProperty == "In" && !isAmong)
                || (expression.OperatorProperty == "NotIn" && isAmong)
                || (expression.OperatorProperty == "Exists" && found.Count == 0)
                || (expression.OperatorProperty == "DoesNotExist" && found.Count > 0))
            {
                return false;
            }
        }

        return true;
    }

    private static V1LabelSelector Expression(string key, string op, string[]? values) => new() { MatchExpressions = [new() { Key = key, OperatorProperty = op, Values = values }] };

    private static Dictionary<string, string> Of(string labels) =>
        labels.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split('=')).ToDictionary(l => l[0], l => l[1], StringComparer.Ordinal);
}
