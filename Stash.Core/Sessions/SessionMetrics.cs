using System.Collections.Frozen;

namespace Stash.Core.Sessions;

/// <summary>Names of the pushed session metrics and labels. The first four are fixed by Stash 0.8.3: users' alerts ask for them.</summary>
public static class SessionMetrics
{
    public const string Prefix = "restic_session_";

    /// <summary>1 where the session succeeded, else 0.</summary>
    public const string Success = "restic_session_success";

    /// <summary>1 where the session failed, else 0.</summary>
    public const string Fail = "restic_session_fail";

    /// <summary>Seconds of the whole session.</summary>
    public const string DurationTotal = "restic_session_duration_seconds_total";

    /// <summary>Seconds of one operation (label <c>op</c>) on one file group (label <c>filegroup</c>).</summary>
    public const string Duration = "restic_session_duration_seconds";

    /// <summary>Start, Unix seconds.</summary>
    public const string StartTime = "restic_session_start_time_seconds";

    /// <summary>End, Unix seconds.</summary>
    public const string EndTime = "restic_session_end_time_seconds";

    /// <summary>End of the last session that succeeded, Unix seconds; 0 where none has.</summary>
    public const string LastSuccessTime = "restic_session_last_success_time_seconds";

    /// <summary>Next run by the schedule, Unix seconds; not pushed without a schedule.</summary>
    public const string NextRunTime = "restic_session_next_run_time_seconds";

    /// <summary>restic's summary per <c>filegroup</c>.</summary>
    public const string FilesNew = "restic_session_files_new";

    public const string FilesChanged = "restic_session_files_changed";

    public const string FilesUnmodified = "restic_session_files_unmodified";

    public const string AddedBytes = "restic_session_added_bytes";

    public const string ProcessedBytes = "restic_session_processed_bytes";

    /// <summary>All of them; gauges.</summary>
    public static readonly FrozenSet<string> Families = FrozenSet.ToFrozenSet(
        [Success, Fail, DurationTotal, Duration, StartTime, EndTime, LastSuccessTime, NextRunTime, FilesNew, FilesChanged, FilesUnmodified, AddedBytes, ProcessedBytes],
        StringComparer.Ordinal);

    private static readonly byte[][] FamilyNames = [.. Families.Select(System.Text.Encoding.ASCII.GetBytes)];

    /// <summary>Whether a family, its name in UTF-8, is one of them.</summary>
    public static bool IsFamily(ReadOnlySpan<byte> name)
    {
        if (name.StartsWith("restic_session_"u8))
        {
            foreach (var family in FamilyNames)
            {
                if (name.SequenceEqual(family))
                {
                    return true;
                }
            }
        }

        return false;
    }

    public const string JobLabel = "job";
    public const string NamespaceLabel = "namespace";
    public const string AppLabel = "app";
    public const string KindLabel = "kind";
    public const string ResticLabel = "stash_config";
    public const string FileGroupLabel = "filegroup";
    public const string OpLabel = "op";

    /// <summary>The operation of a session that has no <see cref="SessionLabel"/>.</summary>
    public const string BackupOperation = "backup";

    /// <summary>Grouping label of sessions that are no backup: their operation. Backups have none, so <c>{session=""}</c> selects them.</summary>
    public const string SessionLabel = "session";

    public const string PodLabelPrefix = "pod_";

    /// <summary>The pod label <c>stash.appscode.com/sample</c> as a grouping label: <c>"true"</c> marks a sample workload.</summary>
    public const string SampleLabel = "pod_stash_appscode_com_sample";

    /// <summary>
    /// Request header of a push: the session's id, chosen by its runner. A second push with the same id is the same session.
    /// A plain Pushgateway ignores it.
    /// </summary>
    public const string SessionIdHeader = "Stash-Session-Id";

    /// <summary>Request header of a push: why the session failed, percent-encoded UTF-8, at most 2,048 bytes before encoding.</summary>
    public const string SessionMessageHeader = "Stash-Session-Message";

    /// <summary>
    /// Request header of a push: the longest time between two runs of the session's schedule, whole seconds. The gateway deletes the group
    /// once several runs have been missed, where it is set up to. A plain Pushgateway ignores it.
    /// </summary>
    public const string SessionIntervalHeader = "Stash-Session-Interval";

    /// <summary>Request header of any push: seconds after which the group is deleted where no other push comes; 0 for never.</summary>
    public const string TimeToLiveHeader = "Stash-Group-Time-To-Live";

    /// <summary>
    /// Path on the push gateway to <c>PUT</c> a <see cref="RunningSession"/> as JSON under <c>/{id}</c>, and to <c>DELETE</c> it.
    /// A plain Pushgateway answers 404, and the runner stops reporting progress to it.
    /// </summary>
    public const string RunningPath = "/api/stash/v1/running";
}
