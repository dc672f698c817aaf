using System.Buffers;
using System.Globalization;
using Stash.Core.Api;

namespace Stash.Core.Sessions;

/// <summary>Checks a report of a session in progress: it comes from the network, and it goes to every page that watches.</summary>
public static class RunningSessionValidation
{
    /// <summary>Characters of an id at most.</summary>
    public const int MaxId = 128;

    /// <summary>Characters of a name at most.</summary>
    public const int MaxName = 512;

    /// <summary>Characters of a path at most: Linux' own limit.</summary>
    public const int MaxPath = 4096;

    private static readonly SearchValues<char> IdCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-");

    /// <summary>Every error of a report, by field; empty where it is valid.</summary>
    public static IReadOnlyList<FieldError> Validate(RunningSession session)
    {
        List<FieldError> errors = [];
        if (IdError(session.Id) is { } wrong)
        {
            errors.Add(new("id", wrong));
        }

        Length(errors, "namespace", session.Namespace, MaxName);
        Length(errors, "app", session.App, MaxName);
        Length(errors, "kind", session.Kind, MaxName);
        Length(errors, "restic", session.Restic, MaxName);
        Length(errors, "job", session.Job, MaxName);
        Length(errors, "operation", session.Operation, MaxName);
        Length(errors, "path", session.Path, MaxPath);
        Length(errors, "op", session.Op, MaxName);
        if (session.Progress is { } progress && progress is not (>= 0 and <= 1))
        {
            errors.Add(new("progress", string.Create(CultureInfo.InvariantCulture, $"{progress} is not a share: give a number from 0 to 1.")));
        }

        NotNegative(errors, "bytesDone", session.BytesDone);
        NotNegative(errors, "bytesTotal", session.BytesTotal);
        NotNegative(errors, "filesDone", session.FilesDone);
        NotNegative(errors, "filesTotal", session.FilesTotal);
        NotNegative(errors, "secondsRemaining", session.SecondsRemaining);
        return errors;
    }

    /// <summary>What is wrong with a session's id; null where nothing is.</summary>
    public static string? IdError(string id) =>
        id.Length is > 0 and <= MaxId && !id.AsSpan().ContainsAnyExcept(IdCharacters)
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"give 1 to {MaxId} letters, digits, '.', '_', '~' or '-'.");

    private static void Length(List<FieldError> errors, string field, string? text, int max)
    {
        if (text?.Length > max)
        {
            errors.Add(new(field, string.Create(CultureInfo.InvariantCulture, $"{text.Length} characters are too many: give at most {max}.")));
        }
    }

    private static void NotNegative(List<FieldError> errors, string field, double? number)
    {
        if (number is { } n && !(n >= 0 && double.IsFinite(n)))
        {
            errors.Add(new(field, string.Create(CultureInfo.InvariantCulture, $"{n} is not right: give a number from 0.")));
        }
    }
}
