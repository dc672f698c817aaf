using System.Text;
using Stash.Core.Exposition;
using Stash.Core.Gateway;

namespace Stash.Operator.Gateway;

/// <summary>The path of a push: <c>/metrics/job/JOB{/LABEL/VALUE}</c>, where a name that ends in <c>@base64</c> has its value encoded.</summary>
internal static class PushPath
{
    public const string Plain = "/metrics/job/";
    public const string Encoded = "/metrics/job@base64/";
    private const string Base64Suffix = "@base64";

    /// <summary>Labels up to which looking for a name twice is cheaper without a set.</summary>
    private const int Few = 16;

    public static bool IsOne(string path) => path.StartsWith(Plain, StringComparison.Ordinal) || path.StartsWith(Encoded, StringComparison.Ordinal);

    /// <summary>Reads the group's labels.</summary>
    /// <param name="path">As it was sent, percent-encoded.</param>
    /// <param name="group">The group; null where there is an error.</param>
    /// <param name="utf8Names">Whether names of labels may be any UTF-8, written in their <c>U__</c> form.</param>
    /// <returns>The error, in the reference's words where it has any; null where there is none.</returns>
    public static string? Parse(string path, out GroupKey? group, bool utf8Names = false)
    {
        group = null;
        var encoded = path.StartsWith(Encoded, StringComparison.Ordinal);
        var rest = path.AsSpan((encoded ? Encoded : Plain).Length);
        var slash = rest.IndexOf('/');
        if (Decode(slash < 0 ? rest : rest[..slash], out var job) is { } badPart)
        {
            return badPart;
        }

        // A slash alone after the job is no label.
        var labelled = slash < 0 || slash == rest.Length - 1 ? [] : rest[(slash + 1)..];
        if (CheckAll(labelled) is { } badLabel)
        {
            return badLabel;
        }

        if (encoded && GoBase64.Decode(job, out job) is { } badJob)
        {
            return $"invalid base64 encoding in job name {GoQuote.Text(job)}: {badJob}";
        }

        // In this order in the reference: the job's encoding, the labels, whether there is a job.
        Label[] labels = [];
        if (ReadLabels(labelled, utf8Names, ref labels) is { } problem)
        {
            return problem;
        }

        if (job.Length == 0)
        {
            return "job name is required";
        }

        labels[^1] = new Label("job", job);
        group = new GroupKey(Distinct(labels));
        return null;
    }

    /// <param name="rest">After the job and its slash; empty for no labels.</param>
    /// <param name="utf8Names">Whether names may be any UTF-8.</param>
    /// <param name="labels">The labels, with a place for the job at the end.</param>
    private static string? ReadLabels(ReadOnlySpan<char> rest, bool utf8Names, ref Label[] labels)
    {
        if (rest.IsEmpty)
        {
            labels = new Label[1];
            return null;
        }

        var slashes = rest.Count('/');
        if (slashes % 2 == 0)
        {
            PercentEncoding.TryDecode(rest.ToString(), out var all);
            return $"odd number of components in label string {GoQuote.Text("/" + all)}";
        }

        labels = new Label[(slashes / 2) + 2];
        for (var i = 0; i < labels.Length - 1; i++)
        {
            _ = Decode(Next(ref rest), out var name);
            _ = Decode(Next(ref rest), out var value);
            var encoded = name.EndsWith(Base64Suffix, StringComparison.Ordinal);
            name = encoded ? name[..^Base64Suffix.Length] : name;
            var meant = utf8Names ? NameEscaping.Unescape(name) : name;
            if (!(utf8Names ? meant.Length > 0 : MetricNames.IsLabelName(meant)) || meant.StartsWith("__", StringComparison.Ordinal))
            {
                return $"improper label name {GoQuote.Text(name)}";
            }

            var sent = value;
            if (encoded && GoBase64.Decode(value, out value) is { } bad)
            {
                return $"invalid base64 encoding for label {name}={GoQuote.Text(sent)}: {bad}";
            }

            labels[i] = new Label(meant, value);
        }

        return null;
    }

    /// <summary>Of labels of one name, the last.</summary>
    private static Label[] Distinct(Label[] labels)
    {
        if (labels.Length > Few)
        {
            Dictionary<string, Label> last = new(labels.Length, StringComparer.Ordinal);
            foreach (var label in labels)
            {
                last[label.Name] = label;
            }

            return [.. last.Values];
        }

        for (var i = 0; i < labels.Length - 1; i++)
        {
            for (var j = i + 1; j < labels.Length; j++)
            {
                if (labels[i].Name == labels[j].Name)
                {
                    return Distinct([.. labels[..i], .. labels[(i + 1)..]]);
                }
            }
        }

        return labels;
    }

    /// <summary>Whether all parts can be decoded, before any of them is judged.</summary>
    private static string? CheckAll(ReadOnlySpan<char> rest)
    {
        if (!rest.Contains('%') && Ascii.IsValid(rest))
        {
            return null;
        }

        while (!rest.IsEmpty)
        {
            if (Decode(Next(ref rest), out _) is { } bad)
            {
                return bad;
            }
        }

        return null;
    }

    private static ReadOnlySpan<char> Next(ref ReadOnlySpan<char> rest)
    {
        var slash = rest.IndexOf('/');
        var part = slash < 0 ? rest : rest[..slash];
        rest = slash < 0 ? [] : rest[(slash + 1)..];
        return part;
    }

    /// <returns>What is wrong with it; null where nothing is.</returns>
    private static string? Decode(ReadOnlySpan<char> part, out string text)
    {
        text = part.ToString();
        if (!PercentEncoding.TryDecode(text, out var decoded))
        {
            return $"bad percent-encoding in path: {GoQuote.Text(text)}";
        }

        if (decoded is null)
        {
            return $"label value in path is not utf8: {GoQuote.Text(text)}";
        }

        text = decoded;
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
