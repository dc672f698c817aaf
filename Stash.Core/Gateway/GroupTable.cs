using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

/// <summary>
/// All groups in memory. Changes are made by one task, which then commits them or takes them back; whoever else asks sees
/// committed groups only.
/// </summary>
internal sealed class GroupTable
{
    private readonly Lock _lock = new();
    private readonly FamilyIndex _index = new();
    private readonly Dictionary<GroupKey, Group> _committed = [];
    private readonly Dictionary<GroupKey, Group?> _changed = [];
    private readonly ConsistencyCheck _check;

    public GroupTable(IReadOnlyDictionary<string, MetricType> ownFamilies) => _check = new ConsistencyCheck(_index, ownFamilies);

    /// <summary>The committed groups. From any thread.</summary>
    public Group[] Groups()
    {
        lock (_lock)
        {
            return [.. _committed.Values];
        }
    }

    /// <summary>All families with their metrics, in the order of exposition. Only between a commit and the next change.</summary>
    public List<ExposedFamily> Families() => _index.Snapshot();

    /// <summary>Takes a push in, or says why not, in the reference's words.</summary>
    public string? Push(PreparedPush push, DateTimeOffset now)
    {
        var old = Current(push.Group);
        var next = Merged(push, old, now);
        if (_check.Judge(push.Families, next, old) is { } problem)
        {
            return problem;
        }

        Set(push.Group, next);
        return null;
    }

    /// <summary>Takes in what was judged before.</summary>
    public void Replay(PreparedPush push, DateTimeOffset then) => Set(push.Group, Merged(push, Current(push.Group), then));

    /// <summary>Takes in a group of a snapshot.</summary>
    public void Restore(GroupKey key, IReadOnlyList<GroupFamily> families, DateTimeOffset? pushTime, DateTimeOffset? failureTime) =>
        Set(key, Timed(key, families, pushTime, failureTime));

    /// <summary>Sets the failure time of a group, which is made where it is not there.</summary>
    /// <returns>False where that cannot be: the group's times would show under the same labels as another's, which differs only in <c>instance=""</c>.</returns>
    public bool Fail(GroupKey key, DateTimeOffset now)
    {
        var old = Current(key);
        var next = Timed(key, old is null ? [] : Pushed(old), old?.PushTime, now);
        if (old is null && next.Families.Any(f => f.Metrics.Any(m => _index.Contains(m.Hash))))
        {
            return false;
        }

        Set(key, next);
        return true;
    }

    /// <returns>False where there is no such group.</returns>
    public bool Delete(GroupKey key)
    {
        if (Current(key) is null)
        {
            return false;
        }

        Set(key, null);
        return true;
    }

    /// <returns>False where there is no group.</returns>
    public bool Wipe()
    {
        var keys = _committed.Keys.Concat(_changed.Keys).Where(k => Current(k) is not null).Distinct().ToArray();
        foreach (var key in keys)
        {
            Set(key, null);
        }

        return keys.Length > 0;
    }

    /// <summary>Makes the changes since the last commit visible.</summary>
    public void Commit()
    {
        lock (_lock)
        {
            foreach (var (key, group) in _changed)
            {
                if (group is null)
                {
                    _committed.Remove(key);
                }
                else
                {
                    _committed[key] = group;
                }
            }
        }

        _changed.Clear();
    }

    /// <summary>Takes back the changes since the last commit.</summary>
    public void Undo()
    {
        foreach (var group in _changed.Values.OfType<Group>())
        {
            _index.Remove(group);
        }

        foreach (var key in _changed.Keys)
        {
            if (_committed.TryGetValue(key, out var group))
            {
                _index.Add(group);
            }
        }

        _changed.Clear();
    }

    private Group? Current(GroupKey key) => _changed.TryGetValue(key, out var changed) ? changed : _committed.GetValueOrDefault(key);

    private void Set(GroupKey key, Group? next)
    {
        if (Current(key) is { } old)
        {
            _index.Remove(old);
        }

        if (next is not null)
        {
            _index.Add(next);
        }

        _changed[key] = next;
    }

    private static Group Merged(PreparedPush push, Group? old, DateTimeOffset now)
    {
        List<GroupFamily> families = [.. push.Built];
        if (old is not null && !push.Replace)
        {
            var names = push.Built.Select(f => f.Name).ToHashSet(StringComparer.Ordinal);
            families.AddRange(Pushed(old).Where(f => !names.Contains(f.Name)));
        }

        return Timed(push.Group, families, now, old?.FailureTime);
    }

    private static Group Timed(GroupKey key, IEnumerable<GroupFamily> families, DateTimeOffset? pushTime, DateTimeOffset? failureTime) =>
        new(key, [.. families, .. GroupBuilder.Times(key, pushTime, failureTime)], pushTime, failureTime);

    private static IEnumerable<GroupFamily> Pushed(Group group) => group.Families.Where(f => !GroupBuilder.IsTime(f.Name));
}
