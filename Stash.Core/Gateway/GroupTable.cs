using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

/// <summary>All groups in memory. Changes are made by one task, which then commits them or takes them back.</summary>
internal sealed class GroupTable
{
    private readonly FamilyIndex _index;
    private readonly ConsistencyCheck? _check;
    private readonly int _maxGroups;
    private readonly Dictionary<GroupKey, GroupHolder> _holders = [];
    private readonly SeriesOrder<HolderSlot, GroupSlot> _groups = new();
    private readonly List<Change> _changes = [];
    private FamilyEntry[] _entries = new FamilyEntry[8];
    private int _emptyInstances;

    public GroupTable(GroupStoreOptions options)
    {
        _index = new FamilyIndex(options.OwnFamilies);
        _check = options.ConsistencyCheck ? new ConsistencyCheck(_index) : null;
        _maxGroups = options.Limits?.MaxGroups ?? int.MaxValue;
    }

    public int Count => _holders.Count;

    public int Series => _index.Series;

    public bool IsFull => Count >= _maxGroups;

    /// <summary>As far as possible in the order in which they are exposed.</summary>
    public IEnumerable<Group> Groups => _groups.Items.Select(g => g.Holder!.Current);

    public Group? Find(GroupKey key) => _holders.GetValueOrDefault(key)?.Current;

    /// <summary>All there is, as it is exposed.</summary>
    public StoreView View() => new(
        [.. _index.Families.Select(f => new ExposedFamily(f, f.Series.View()))], _groups.View());

    /// <summary>Takes over the orders that a reader found.</summary>
    public void Install(StoreView view)
    {
        foreach (var family in view.Exposed)
        {
            family.Entry.Series.Install(family.Series);
        }

        _groups.Install(view.GroupOrder);
    }

    /// <summary>Takes a push in, or says why not, in the reference's words.</summary>
    public string? Push(PreparedPush push, long now, long life)
    {
        var holder = _holders.GetValueOrDefault(push.Group);
        var old = holder?.Current;
        if (_check is not null && old is not null && HasSeriesOf(push, old.Content))
        {
            // What was there was judged, and this is the same but for its values.
            var content = old.Content;
            Set(old.Key, new Group(old.Key, new GroupContent(push.TakeBytes(), content.Families, content.Metrics), now, old.FailureTicks, LifeAfter(push, old, life)));
            return null;
        }

        Resolve(push);
        if (_check is not null)
        {
            if (LookalikeOf(push.Group, old) is { } other)
            {
                return $"collected metric \"{GroupTimes.FailureTime}\" {{ }} was collected before with the same name and label values: the group {{{System.Text.Encoding.UTF8.GetString(other.Text)}}} differs from this one in an empty instance alone";
            }

            if (!_check.IsFine(push, _entries, holder) && _check.Judge(push, old?.Content) is { } problem)
            {
                return problem;
            }
        }

        Take(push, old, now, life);
        return null;
    }

    /// <summary>Takes in what was judged before.</summary>
    public void Replay(PreparedPush push, long then, long life)
    {
        Resolve(push);
        Take(push, Find(push.Group), then, life);
    }

    /// <summary>Takes in a group of a snapshot.</summary>
    /// <exception cref="InvalidDataException">It is no group.</exception>
    public void Restore(LogRecord record)
    {
        var key = record.Key ?? throw new InvalidDataException("a group of the snapshot has no labels");
        var content = record.Text.IsEmpty ? GroupContent.Empty : PackedContent.Read(record.Text.Span, _index);
        Set(key, new Group(key, content.Metrics.Length == 0 ? GroupContent.Empty : content, record.Ticks, record.FailureTicks, record.LifeTicks));
    }

    /// <summary>Sets the failure time of a group, which is made where it is not there.</summary>
    /// <returns>
    /// False where it need not be kept on the disk: there are too many groups; or the group's times would show under the same labels as another's,
    /// which differs only in <c>instance=""</c>; or less than a second has passed since the last, so that a flood of bad pushes takes no space.
    /// </returns>
    public bool Fail(GroupKey key, long now)
    {
        var old = Find(key);
        if (old is null && (IsFull || LookalikeOf(key, old) is not null))
        {
            return false;
        }

        Set(key, new Group(old?.Key ?? key, old?.Content ?? GroupContent.Empty, old?.PushTicks ?? 0, now, old?.LifeTicks ?? 0));
        return old is null || now - old.FailureTicks is < 0 or >= TimeSpan.TicksPerSecond;
    }

    /// <returns>False where there is no such group.</returns>
    public bool Delete(GroupKey key)
    {
        if (!_holders.ContainsKey(key))
        {
            return false;
        }

        Set(key, null);
        return true;
    }

    /// <returns>False where there is no group.</returns>
    public bool Wipe()
    {
        if (_holders.Count == 0)
        {
            return false;
        }

        foreach (var key in _holders.Keys.ToArray())
        {
            Set(key, null);
        }

        return true;
    }

    /// <summary>Makes the changes since the last commit final.</summary>
    public void Commit() => _changes.Clear();

    /// <summary>Takes back the changes since the last commit.</summary>
    public void Undo()
    {
        for (var i = _changes.Count - 1; i >= 0; i--)
        {
            var (key, old, family, type) = _changes[i];
            if (family is not null)
            {
                family.Type = type;
            }
            else
            {
                Exchange(key!, old);
            }
        }

        _changes.Clear();
    }

    private GroupKey? LookalikeOf(GroupKey key, Group? old) =>
        old is null && (!key.HasInstance ? _emptyInstances > 0 : key.HasEmptyInstance) && key.Lookalike() is { } other && _holders.ContainsKey(other) ? other : null;

    /// <summary>Finds the entries of a push's families.</summary>
    private void Resolve(PreparedPush push)
    {
        var families = push.Families;
        if (_entries.Length < families.Length)
        {
            _entries = new FamilyEntry[families.Length * 2];
        }

        for (var i = 0; i < families.Length; i++)
        {
            var name = push.Set.Text(families[i].Name);
            _entries[i] = _index.Find(name) ?? _index.Create(name, families[i].Type);
        }
    }

    private void Take(PreparedPush push, Group? old, long now, long life)
    {
        var content = Content(push, push.Replace ? null : old?.Content);
        if (_check is not null)
        {
            for (var i = 0; i < push.Families.Length; i++)
            {
                // Only where no other group has the family: then the type is this push's.
                if (_entries[i].Type != push.Families[i].Type)
                {
                    _changes.Add(new Change(null, null, _entries[i], _entries[i].Type));
                    _entries[i].Type = push.Families[i].Type;
                }
            }
        }

        Set(push.Group, new Group(old?.Key ?? push.Group, content, now, old?.FailureTicks ?? 0, LifeAfter(push, old, life)));
    }

    private static long LifeAfter(PreparedPush push, Group? old, long life) => life > 0 || push.Replace ? life : old?.LifeTicks ?? 0;

    /// <summary>Whether a push brings just the series that a group has: the same families in the same order, with the same types and helps.</summary>
    private static bool HasSeriesOf(PreparedPush push, GroupContent content)
    {
        var families = push.Families;
        if (push.OddLabels || push.HasDuplicates || families.Length != content.Families.Length || families.IsEmpty
            || !MemoryMarshal.AsBytes(push.Metrics).SequenceEqual(MemoryMarshal.AsBytes(content.Metrics.AsSpan())))
        {
            return false;
        }

        for (var f = 0; f < families.Length; f++)
        {
            ref readonly var part = ref content.Families[f];
            if (families[f].First != part.First || families[f].Type != part.Family.Type || !push.Set.Text(families[f].Help).SequenceEqual(part.Help.Text))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What a group holds after a push.</summary>
    /// <param name="push">The push, its entries found.</param>
    /// <param name="old">What of its families that are not pushed stays; null for nothing.</param>
    private GroupContent Content(PreparedPush push, GroupContent? old)
    {
        if (push.Families.Length == 0)
        {
            return old ?? GroupContent.Empty;
        }

        var entries = _entries.AsSpan(0, push.Families.Length);
        if (old is not null && old.Families.Any(f => !_entries.AsSpan(0, push.Families.Length).Contains(f.Family)))
        {
            return Merged(push, entries, old);
        }

        var families = new FamilyPart[entries.Length];
        for (var i = 0; i < entries.Length; i++)
        {
            families[i] = new FamilyPart(entries[i], entries[i].HelpOf(push.Set.Text(push.Families[i].Help)), push.Families[i].First);
        }

        return new GroupContent(push.TakeBytes(), families, push.Metrics.ToArray());
    }

    private static GroupContent Merged(PreparedPush push, ReadOnlySpan<FamilyEntry> entries, GroupContent old)
    {
        List<FamilyPart> families = [];
        List<MetricPart> metrics = [.. push.Metrics];
        List<int> starts = [];
        ByteBuffer text = new(push.Text.Length + old.Bytes.Length + 256);
        text.Write(push.Text);
        for (var i = 0; i < entries.Length; i++)
        {
            families.Add(new FamilyPart(entries[i], entries[i].HelpOf(push.Set.Text(push.Families[i].Help)), push.Families[i].First));
        }

        for (var m = 0; m < metrics.Count; m++)
        {
            starts.Add(push.Start(m));
        }

        for (var f = 0; f < old.Families.Length; f++)
        {
            if (entries.Contains(old.Families[f].Family))
            {
                continue;
            }

            families.Add(old.Families[f] with { First = metrics.Count });
            var (first, end) = old.MetricsOf(f);
            for (var m = first; m < end; m++)
            {
                metrics.Add(old.Metrics[m]);
                starts.Add(text.Length);
                text.Write(old.Lines(m));
            }
        }

        foreach (var start in starts)
        {
            BinaryPrimitives.WriteInt32LittleEndian(text.GetSpan(sizeof(int)), start);
            text.Advance(sizeof(int));
        }

        return new GroupContent(text.Written.ToArray(), [.. families], [.. metrics]);
    }

    private void Set(GroupKey key, Group? next)
    {
        _changes.Add(new Change(key, Find(key), null, default));
        Exchange(key, next);
    }

    private void Exchange(GroupKey key, Group? next)
    {
        var holder = _holders.GetValueOrDefault(key);
        if (next is null)
        {
            if (holder is not null)
            {
                _index.Replace(holder, holder.Current.Content, null);
                _holders.Remove(key);
                _groups.Remove(holder.Slot);
                _emptyInstances -= key.HasEmptyInstance ? 1 : 0;
            }
        }
        else if (holder is not null)
        {
            if (!next.Content.HasSeriesOf(holder.Current.Content))
            {
                _index.Replace(holder, holder.Current.Content, next.Content);
            }

            holder.Current = next;
        }
        else
        {
            holder = new GroupHolder { Current = next };
            holder.Slot = _groups.Add(new HolderSlot(holder));
            _holders[next.Key] = holder;
            _index.Replace(holder, null, next.Content);
            _emptyInstances += key.HasEmptyInstance ? 1 : 0;
        }
    }

    /// <summary>How to take a change back: a group's former state, or a family's former type.</summary>
    private readonly record struct Change(GroupKey? Key, Group? Old, FamilyEntry? Family, MetricType Type);
}
