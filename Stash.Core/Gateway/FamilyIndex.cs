using System.Text;
using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

/// <summary>
/// What all groups expose together, kept up to date by each change: the families, and where each series is. So a push is judged, at a cost
/// of its own size, as the reference judges it by gathering everything.
/// </summary>
internal sealed class FamilyIndex
{
    private readonly Dictionary<byte[], FamilyEntry> _families;
    private readonly Dictionary<byte[], FamilyEntry>.AlternateLookup<ReadOnlySpan<byte>> _byName;
    private readonly SeriesMap _series = new();
    private readonly Dictionary<byte[], MetricType> _required;
    private readonly Dictionary<byte[], MetricType>.AlternateLookup<ReadOnlySpan<byte>> _requiredByName;

    public FamilyIndex(IReadOnlyDictionary<string, MetricType> ownFamilies)
    {
        Utf8Comparer comparer = new();
        _families = new(comparer);
        _byName = _families.GetAlternateLookup<ReadOnlySpan<byte>>();
        _required = new(ownFamilies.Select(f => KeyValuePair.Create(Encoding.UTF8.GetBytes(f.Key), f.Value)), comparer);
        _requiredByName = _required.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    public int Series => _series.Count;

    public IEnumerable<FamilyEntry> Families => _families.Values;

    public FamilyEntry? Find(ReadOnlySpan<byte> name) => _byName.TryGetValue(name, out var family) ? family : null;

    /// <summary>The only type of a family, where it is one of the gateway's own.</summary>
    public MetricType? Required(ReadOnlySpan<byte> name) => _requiredByName.TryGetValue(name, out var type) ? type : null;

    /// <summary>An entry that is not yet among the families; it is once a group has entered.</summary>
    public FamilyEntry Create(ReadOnlySpan<byte> name, MetricType type) => new(name, type, Required(name));

    /// <summary>Whose the series is; null where there is none.</summary>
    public GroupHolder? OwnerOf(FamilyEntry family, ulong series) => _series.Find(series) is >= 0 and var slot ? family.Series[slot].Holder : null;

    /// <summary>Puts a content of a group in the place of another.</summary>
    public void Replace(GroupHolder holder, GroupContent? old, GroupContent? next)
    {
        var kept = 0;
        if (next is not null)
        {
            for (var f = 0; f < next.Families.Length; f++)
            {
                var part = next.Families[f];
                if (part.Family.Groups == 0)
                {
                    _families[part.Family.Name] = part.Family;
                }

                part.Family.Enter(part.Help);
                kept += Enter(part.Family, holder, next, next.MetricsOf(f));
            }
        }

        if (old is null)
        {
            return;
        }

        for (var f = 0; f < old.Families.Length; f++)
        {
            var part = old.Families[f];
            if (kept < old.Metrics.Length)
            {
                Leave(part.Family, holder, old, old.MetricsOf(f), next);
            }

            part.Family.Leave(part.Help);
            if (part.Family.Groups == 0)
            {
                _families.Remove(part.Family.Name);
            }
        }
    }

    private int Enter(FamilyEntry family, GroupHolder holder, GroupContent content, (int First, int End) metrics)
    {
        var kept = 0;
        for (var m = metrics.First; m < metrics.End; m++)
        {
            var hash = content.Metrics[m].Hash;
            var slot = _series.Find(hash);
            if (slot >= 0)
            {
                ref var series = ref family.Series[slot];
                kept += ReferenceEquals(series.Holder, holder) ? 1 : 0;
                series = new SeriesSlot(holder, m);
            }
            else
            {
                _series.Add(hash, family.Series.Add(new SeriesSlot(holder, m)));
            }
        }

        return kept;
    }

    private void Leave(FamilyEntry family, GroupHolder holder, GroupContent content, (int First, int End) metrics, GroupContent? next)
    {
        for (var m = metrics.First; m < metrics.End; m++)
        {
            var hash = content.Metrics[m].Hash;
            if (_series.Find(hash) is not (>= 0 and var slot))
            {
                continue;
            }

            // Without the consistency check it may be another group's by now. Or it is in the next content too.
            var series = family.Series[slot];
            if (ReferenceEquals(series.Holder, holder) && !(series.Metric < next?.Metrics.Length && next.Metrics[series.Metric].Hash == hash))
            {
                family.Series.Remove(slot);
                _series.Remove(hash);
            }
        }
    }
}
