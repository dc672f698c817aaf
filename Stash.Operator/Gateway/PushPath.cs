using System.Text;
using Stash.Core.Exposition;
using Stash.Core.Gateway;

namespace Stash.Operator.Gateway;

/// <summary>The path of a push: <c>/metrics/job/JOB{/LABEL/VALUE}</c>, where a name that ends in <c>@base64</c> has its value encoded.</summary>
internal static class PushPath
{
    private const string Base64Suffix = "@base64";
    private const string Plain = "/metrics/job/";
    private const string Encoded = "/metrics/job@base64/";

    public static bool IsOne(string path) => path.StartsWith(Plain, StringComparison.Ordinal) || path.StartsWith(Encoded, StringComparison.Ordinal);

    /// <summary>Reads the group's labels.</summary>
    /// <param name="path">As it was sent, percent-encoded.</param>
    /// <param name="group">The group; null where there is an error.</param>
    /// <returns>The error, in the reference's words where it has any; null where there is none.</returns>
    public static string? Parse(string path, out GroupKey? group)
    {
        group = null;
        var encoded = path.StartsWith(Encoded, StringComparison.Ordinal);
        List<string> parts = [];
        foreach (var part in path[(encoded ? Encoded : Plain).Length..].Split('/'))
        {
            if (!PercentEncoding.TryDecode(part, out var text))
            {
                return $"bad percent-encoding in path: {GoQuote.Text(part)}";
            }

            if (text is null)
            {
                return $"label value in path is not utf8: {GoQuote.Text(part)}";
            }

            parts.Add(text);
        }

        var job = parts[0];
        if (encoded && GoBase64.Decode(job, out job) is { } badJob)
        {
            return $"invalid base64 encoding in job name {GoQuote.Text(job)}: {badJob}";
        }

        // In this order in the reference: the job's encoding, the labels, whether there is a job.
        Dictionary<string, string> labels = new(StringComparer.Ordinal);
        if (parts.Count > 1 && !(parts.Count == 2 && parts[1].Length == 0) && ReadLabels(parts, labels) is { } problem)
        {
            return problem;
        }

        if (job.Length == 0)
        {
            return "job name is required";
        }

        labels["job"] = job;
        group = new GroupKey(labels.Select(l => new Label(l.Key, l.Value)));
        return null;
    }

    private static string? ReadLabels(List<string> parts, Dictionary<string, string> labels)
    {
        if (parts.Count % 2 == 0)
        {
            return $"odd number of components in label string {GoQuote.Text($"/{string.Join('/', parts.Skip(1))}")}";
        }

        for (var i = 1; i < parts.Count; i += 2)
        {
            var (name, value) = (parts[i], parts[i + 1]);
            var encoded = name.EndsWith(Base64Suffix, StringComparison.Ordinal);
            name = encoded ? name[..^Base64Suffix.Length] : name;
            if (!MetricNames.IsLabelName(name) || name.StartsWith("__", StringComparison.Ordinal))
            {
                return $"improper label name {GoQuote.Text(name)}";
            }

            var sent = value;
            if (encoded && GoBase64.Decode(value, out value) is { } bad)
            {
                return $"invalid base64 encoding for label {name}={GoQuote.Text(sent)}: {bad}";
            }

            labels[name] = value;
        }

        return null;
    }
}

/// <summary>Percent-encoding of a path's part or a header: <c>+</c> is itself.</summary>
internal static class PercentEncoding
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <returns>False where a <c>%</c> is not followed by two hexadecimal digits. <paramref name="text"/> is null where the bytes are no UTF-8.</returns>
    public static bool TryDecode(string encoded, out string? text)
    {
        text = encoded;
        if (!encoded.Contains('%', StringComparison.Ordinal) && System.Text.Ascii.IsValid(encoded))
        {
            return true;
        }

        var source = Encoding.UTF8.GetBytes(encoded);
        var length = 0;
        for (var i = 0; i < source.Length; i++)
        {
            var value = source[i];
            if (value == '%')
            {
                if (i + 2 >= source.Length || !char.IsAsciiHexDigit((char)source[i + 1]) || !char.IsAsciiHexDigit((char)source[i + 2]))
                {
                    return false;
                }

                value = Convert.FromHexString([(char)source[i + 1], (char)source[i + 2]])[0];
                i += 2;
            }

            source[length++] = value;
        }

        try
        {
            text = Strict.GetString(source.AsSpan(0, length));
        }
        catch (DecoderFallbackException)
        {
            text = null;
        }

        return true;
    }
}
