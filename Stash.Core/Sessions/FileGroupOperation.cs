namespace Stash.Core.Sessions;

/// <summary>What one operation on one file group took, from <c>restic_session_duration_seconds{filegroup,op}</c>.</summary>
/// <param name="Path">The file group's path, with <c>/</c> (the label has <c>|</c> in its place).</param>
/// <param name="Op"><c>backup</c>, <c>forget</c>, or the operation that another pusher named.</param>
/// <param name="Seconds">Seconds taken.</param>
public sealed record FileGroupOperation(string Path, string Op, double Seconds);
