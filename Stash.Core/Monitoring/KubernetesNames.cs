using System.Text.RegularExpressions;

namespace Stash.Core.Monitoring;

/// <summary>Kubernetes' rules for names and labels (apimachinery <c>validation</c>).</summary>
public static partial class KubernetesNames
{
    /// <summary>What is wrong with a namespace's name; null where nothing is.</summary>
    public static string? NamespaceError(string name) =>
        name.Length <= 63 && DnsLabel().IsMatch(name)
            ? null
            : $"\"{name}\" is not a namespace: give at most 63 lower-case letters, digits and '-', beginning and ending with a letter or digit.";

    /// <summary>What is wrong with the name of an object, as of a service account; null where nothing is.</summary>
    public static string? ObjectNameError(string name) =>
        name.Length <= 253 && DnsSubdomain().IsMatch(name)
            ? null
            : $"\"{name}\" is not a name: give at most 253 lower-case letters, digits, '-' and '.', beginning and ending with a letter or digit.";

    /// <summary>What is wrong with a label's key; null where nothing is.</summary>
    public static string? LabelKeyError(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        var name = key[(slash + 1)..];
        if (slash >= 0)
        {
            var prefix = key[..slash];
            if (prefix.Length is 0 or > 253 || !DnsSubdomain().IsMatch(prefix))
            {
                return $"\"{key}\" is not a label key: before the '/' give a DNS name of at most 253 lower-case letters, digits, '-' and '.'.";
            }
        }

        return name.Length is > 0 and <= 63 && QualifiedName().IsMatch(name)
            ? null
            : $"\"{key}\" is not a label key: give at most 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or digit, as release or example.com/team.";
    }

    /// <summary>What is wrong with a label's value; null where nothing is.</summary>
    public static string? LabelValueError(string key, string value) =>
        value.Length <= 63 && (value.Length == 0 || QualifiedName().IsMatch(value))
            ? null
            : $"\"{value}\" is not a value for label {key}: give at most 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or digit, or nothing.";

    // \z, not $: $ lets a last line feed through.
    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex DnsLabel();

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex DnsSubdomain();

    [GeneratedRegex(@"^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex QualifiedName();
}
