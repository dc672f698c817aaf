namespace Stash.Core.Exposition;

/// <summary>Which names the exposition format accepts.</summary>
public static class MetricNames
{
    public static bool IsMetricNameByte(byte c, bool first) => IsLabelNameByte(c, first) || c == ':';

    public static bool IsLabelNameByte(byte c, bool first) => char.IsAsciiLetter((char)c) || c == '_' || (!first && char.IsAsciiDigit((char)c));

    /// <summary>A metric's name: letters, digits, <c>_</c> and <c>:</c>, not beginning with a digit.</summary>
    public static bool IsMetricName(ReadOnlySpan<char> name)
    {
        for (var i = 0; i < name.Length; i++)
        {
            if (name[i] > 127 || !IsMetricNameByte((byte)name[i], i == 0))
            {
                return false;
            }
        }

        return name.Length > 0;
    }

    /// <summary>A label's name: letters, digits and <c>_</c>, not beginning with a digit.</summary>
    public static bool IsLabelName(ReadOnlySpan<char> name)
    {
        for (var i = 0; i < name.Length; i++)
        {
            if (name[i] > 127 || !IsLabelNameByte((byte)name[i], i == 0))
            {
                return false;
            }
        }

        return name.Length > 0;
    }

    /// <summary>The same of UTF-8 bytes.</summary>
    public static bool IsLabelName(ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < name.Length; i++)
        {
            if (!IsLabelNameByte(name[i], i == 0))
            {
                return false;
            }
        }

        return name.Length > 0;
    }

    /// <summary>The same of UTF-8 bytes.</summary>
    public static bool IsMetricName(ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < name.Length; i++)
        {
            if (!IsMetricNameByte(name[i], i == 0))
            {
                return false;
            }
        }

        return name.Length > 0;
    }
}
