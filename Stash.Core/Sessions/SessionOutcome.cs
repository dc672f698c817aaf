using System.Text.Json.Serialization;

namespace Stash.Core.Sessions;

/// <summary>How a session ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SessionOutcome>))]
public enum SessionOutcome
{
    /// <summary>Every operation of every file group succeeded (<c>restic_session_success 1</c>).</summary>
    Succeeded,

    /// <summary>The session stopped at its first failure, or failed before restic ran (<c>restic_session_fail 1</c>).</summary>
    Failed,
}
