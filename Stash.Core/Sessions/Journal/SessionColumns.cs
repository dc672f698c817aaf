using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Stash.Core.Sessions.Journal;

/// <summary>
/// A session's file groups and summaries in its row, as JSON: one row for one session costs a fraction of a table for each.
/// <c>[["/data","backup",9.5],…]</c> and <c>[["/data",new,changed,unmodified,bytes added,bytes processed],…]</c>, null where not known.
/// </summary>
internal sealed class SessionColumns : IDisposable
{
    private readonly ArrayBufferWriter<byte> _output = new(1024);
    private readonly Utf8JsonWriter _json;

    public SessionColumns() =>
        _json = new Utf8JsonWriter(_output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });

    /// <summary>Good until the next call.</summary>
    public ReadOnlySpan<byte> FileGroups(SessionDraft session)
    {
        Begin();
        foreach (var operation in session.FileGroups)
        {
            _json.WriteStartArray();
            _json.WriteStringValue(session[operation.Path]);
            _json.WriteStringValue(session[operation.Op]);
            _json.WriteNumberValue(operation.Seconds);
            _json.WriteEndArray();
        }

        return End();
    }

    /// <summary>Good until the next call.</summary>
    public ReadOnlySpan<byte> Summaries(SessionDraft session)
    {
        Begin();
        foreach (var summary in session.Summaries)
        {
            _json.WriteStartArray();
            _json.WriteStringValue(session[summary.Path]);
            Write(summary.FilesNew);
            Write(summary.FilesChanged);
            Write(summary.FilesUnmodified);
            Write(summary.BytesAdded);
            Write(summary.BytesProcessed);
            _json.WriteEndArray();
        }

        return End();
    }

    public static IReadOnlyList<FileGroupOperation> ReadFileGroups(string column)
    {
        List<FileGroupOperation> operations = [];
        Read(column, (ref Utf8JsonReader json) =>
        {
            var (path, op) = (Text(ref json), Text(ref json));
            json.Read();
            operations.Add(new FileGroupOperation(path, op, json.GetDouble()));
        });
        return operations;
    }

    public static IReadOnlyList<FileGroupSummary> ReadSummaries(string? column)
    {
        List<FileGroupSummary> summaries = [];
        Read(column ?? "[]", (ref Utf8JsonReader json) => summaries.Add(new FileGroupSummary
        {
            Path = Text(ref json),
            FilesNew = Number(ref json),
            FilesChanged = Number(ref json),
            FilesUnmodified = Number(ref json),
            BytesAdded = Number(ref json),
            BytesProcessed = Number(ref json),
        }));
        return summaries;
    }

    public void Dispose() => _json.Dispose();

    private void Begin()
    {
        _output.ResetWrittenCount();
        _json.Reset();
        _json.WriteStartArray();
    }

    private ReadOnlySpan<byte> End()
    {
        _json.WriteEndArray();
        _json.Flush();
        return _output.WrittenSpan;
    }

    private void Write(long? value)
    {
        if (value is { } number)
        {
            _json.WriteNumberValue(number);
        }
        else
        {
            _json.WriteNullValue();
        }
    }

    private delegate void ReadElement(ref Utf8JsonReader json);

    private static void Read(string column, ReadElement element)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(column.Length));
        try
        {
            Utf8JsonReader json = new(bytes.AsSpan(0, Encoding.UTF8.GetBytes(column, bytes)));
            json.Read();
            while (json.Read() && json.TokenType == JsonTokenType.StartArray)
            {
                element(ref json);
                json.Read();
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private static string Text(ref Utf8JsonReader json) => json.Read() ? json.GetString()! : "";

    private static long? Number(ref Utf8JsonReader json) => json.Read() && json.TokenType == JsonTokenType.Number ? json.GetInt64() : null;
}
