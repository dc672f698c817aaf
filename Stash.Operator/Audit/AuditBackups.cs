using System.Globalization;

namespace Stash.Operator.Audit;

/// <summary>The audit logs that were put aside, as <c>audit-2026-11-26T08-30-00.000.log</c> (UTC): named as Kubernetes' servers name theirs.</summary>
internal sealed partial class AuditBackups
{
    private const string Times = "yyyy-MM-dd'T'HH-mm-ss.fff";
    private static readonly TimeSpan TrimEvery = TimeSpan.FromHours(1);

    private readonly string _folder;
    private readonly string _prefix;
    private readonly string _extension;
    private readonly int _maxFiles;
    private readonly TimeSpan? _maxAge;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private long? _trimmed;

    /// <param name="path">The audit log's.</param>
    /// <param name="maxFiles">0 for all.</param>
    /// <param name="maxAgeDays">0 for ever.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told what cannot be deleted.</param>
    public AuditBackups(string path, int maxFiles, int maxAgeDays, TimeProvider time, ILogger logger)
    {
        path = new FileInfo(path) is { LinkTarget: not null } link ? link.ResolveLinkTarget(returnFinalTarget: true)!.FullName : path;
        _folder = Path.GetDirectoryName(path)!;
        _prefix = Path.GetFileNameWithoutExtension(path) + "-";
        _extension = Path.GetExtension(path);
        (_maxFiles, _maxAge, _time, _logger) = (maxFiles, maxAgeDays == 0 ? null : TimeSpan.FromDays(maxAgeDays), time, logger);
    }

    /// <summary>A name that is not taken.</summary>
    public string NewName()
    {
        for (var at = _time.GetUtcNow(); ; at += TimeSpan.FromMilliseconds(1))
        {
            var name = Path.Combine(_folder, $"{_prefix}{at.ToString(Times, CultureInfo.InvariantCulture)}{_extension}");
            if (!Path.Exists(name))
            {
                return name;
            }
        }
    }

    /// <summary>Deletes what is too much or too old, where that has not been done for an hour.</summary>
    public void TrimNowAndThen()
    {
        if (_trimmed is not { } trimmed || _time.GetElapsedTime(trimmed) >= TrimEvery)
        {
            Trim();
        }
    }

    /// <summary>Deletes what is too much or too old.</summary>
    public void Trim()
    {
        _trimmed = _time.GetTimestamp();
        try
        {
            var oldest = _time.GetUtcNow() - _maxAge;
            var all = Directory.GetFiles(_folder, "*").Select(f => (Path: f, Time: TimeOf(f))).Where(f => f.Time is not null).OrderByDescending(f => f.Time).ToList();
            foreach (var (path, _) in all.Where((f, i) => (_maxFiles > 0 && i >= _maxFiles) || f.Time < oldest))
            {
                File.Delete(path);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotDeleted(_logger, e);
        }
    }

    private DateTimeOffset? TimeOf(string path)
    {
        var name = Path.GetFileName(path);
        return name.Length == _prefix.Length + Times.Length - 2 + _extension.Length
            && name.StartsWith(_prefix, StringComparison.Ordinal)
            && name.EndsWith(_extension, StringComparison.Ordinal)
            && DateTimeOffset.TryParseExact(name.AsSpan(_prefix.Length, Times.Length - 2), Times, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : null;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Old audit logs cannot be deleted; trying again in an hour. See that this user may delete in their folder")]
    private static partial void LogNotDeleted(ILogger logger, Exception exception);
}
