namespace Stash.Operator.Audit;

/// <summary>Where lines of the audit log go. Not for several threads.</summary>
internal interface IAuditSink : IDisposable
{
    /// <summary>Bytes of a line at most, with its end.</summary>
    const int MaxLine = 64 << 10;

    /// <summary>Makes sure that so many lines can be written after those that are.</summary>
    /// <exception cref="IOException">They cannot; as with <see cref="UnauthorizedAccessException"/>.</exception>
    void Reserve(int lines);

    /// <summary>Writes a line, which ends with a newline; done when it is durable.</summary>
    /// <exception cref="IOException">It cannot be written; as with <see cref="UnauthorizedAccessException"/>.</exception>
    void Write(ReadOnlySpan<byte> line);
}
