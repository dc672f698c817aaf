namespace Stash.Core.Exposition;

/// <summary>Why a text is not in the exposition format: the message is the reference's, word for word.</summary>
public sealed class ExpositionFormatException(int line, string problem)
    : Exception(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"text format parsing error in line {line}: {problem}"))
{
    /// <summary>Counted from 1.</summary>
    public int Line { get; } = line;
}
