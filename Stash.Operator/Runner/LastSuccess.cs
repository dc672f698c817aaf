using System.Globalization;
using System.Text;
using Stash.Core.Configuration;

namespace Stash.Operator.Runner;

/// <summary>When each series last succeeded, remembered across runs: one small file each.</summary>
internal sealed class LastSuccess(StateFolder state)
{
    /// <summary>Null where none has, or where it cannot be read.</summary>
    public DateTimeOffset? Read(SessionIdentity identity)
    {
        try
        {
            return long.TryParse(File.ReadAllText(PathOf(identity)).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
                ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    /// <exception cref="IOException">It cannot be written, as on a full disk.</exception>
    public void Write(SessionIdentity identity, DateTimeOffset time) =>
        DataFolder.Replace(PathOf(identity), Encoding.UTF8.GetBytes(time.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture) + "\n"));

    // Not by the pod's labels: they change with every release of the workload.
    private string PathOf(SessionIdentity identity) =>
        Path.Combine(state.Folder("last-success"), StateFolder.FileName($"{identity.Namespace}/{identity.Restic}/{identity.Kind}/{identity.App}/{identity.Op}"));
}
