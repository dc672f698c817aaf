using k8s.Models;

namespace Stash.Core.Monitoring.Prometheuses;

/// <summary>One requirement of a label selector, with Kubernetes' meaning: what is not there is met by <c>NotIn</c> and <c>DoesNotExist</c>.</summary>
/// <param name="Key">The label's.</param>
/// <param name="Operator">One of <see cref="In"/>, <see cref="NotIn"/>, <see cref="Exists"/> and <see cref="DoesNotExist"/>, spelled so.</param>
/// <param name="Values">Of <see cref="In"/> and <see cref="NotIn"/>, one at least; empty of the others.</param>
public sealed record LabelRequirement(string Key, string Operator, IReadOnlyList<string> Values)
{
    public const string In = "In";
    public const string NotIn = "NotIn";
    public const string Exists = "Exists";
    public const string DoesNotExist = "DoesNotExist";

    public bool IsMetBy(IReadOnlyDictionary<string, string> labels)
    {
        var isThere = labels.TryGetValue(Key, out var value);
        return Operator switch
        {
            In => isThere && Values.Contains(value!, StringComparer.Ordinal),
            NotIn => !isThere || !Values.Contains(value!, StringComparer.Ordinal),
            Exists => isThere,
            DoesNotExist => !isThere,
            _ => false,
        };
    }

    /// <summary>As <c>kubectl --selector</c> takes it.</summary>
    public override string ToString() => Operator switch
    {
        In when Values.Count == 1 => $"{Key}={Values[0]}",
        In => $"{Key} in ({Listed()})",
        NotIn => $"{Key} notin ({Listed()})",
        DoesNotExist => $"!{Key}",
        _ => Key,
    };

    internal static LabelRequirement Of(V1LabelSelectorRequirement requirement) =>
        new(requirement.Key ?? "", requirement.OperatorProperty ?? "", [.. requirement.Values ?? []]);

    /// <summary>What makes it none, as the API server finds it; null where nothing does.</summary>
    internal string? Error()
    {
        if (KubernetesNames.LabelKeyError(Key) is { } key)
        {
            return key;
        }

        return Operator switch
        {
            In or NotIn when Values.Count == 0 => $"{Operator} of {Key} has no values: give it one at least.",
            Exists or DoesNotExist when Values.Count > 0 => $"{Operator} of {Key} has values: take them away.",
            In or NotIn or Exists or DoesNotExist => Values.Select(v => KubernetesNames.LabelValueError(Key, v)).FirstOrDefault(e => e is not null),
            _ => $"\"{Operator}\" of {Key} is no operator: give In, NotIn, Exists or DoesNotExist.",
        };
    }

    private string Listed() => string.Join(',', Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
}
