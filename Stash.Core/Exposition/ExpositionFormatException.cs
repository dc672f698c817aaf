using System.Globalization;

namespace Stash.Core.Exposition;

/// <summary>Why a text is not in the exposition format: the message is the reference's, word for word.</summary>
public sealed class ExpositionFormatException(string message) : Exception(message)
{
    internal static string Describe(int line, string problem) =>
        string.Create(CultureInfo.InvariantCulture, $"text format parsing error in line {line}: {problem}");
}
