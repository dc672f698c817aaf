using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

/// <summary>
/// What all groups expose together, kept up to date by each change: a family's type, in how many groups it is, and its metrics.
/// So a push is judged, at a cost of its own size, as the reference judges it by gathering everything.
/// </summary>
internal sealed class FamilyIndex
{
    private readonly Dictionary<string, Family> _families = new(StringComparer.Ordinal);
    private readonly HashSet<ulong> _metrics = [];

    /// <summary>Families with their metrics, in the order of exposition.</summary>
    public List<ExposedFamily> Snapshot() =>
        [.. _families.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => new ExposedFamily(f.Key, f.Value.Help, f.Value.Type, f.Value.Sorted()))];

    /// <summary>Type of a family that some group holds.</summary>
    public MetricType? TypeOf(string name) => _families.TryGetValue(name, out var family) ? family.Type : null;

    /// <summary>In how many groups a family is.</summary>
    public int GroupsOf(string name) => _families.TryGetValue(name, out var family) ? family.Groups : 0;

    public bool Contains(ulong metric) => _metrics.Contains(metric);

    public void Add(Group group)
    {
        foreach (var part in group.Families)
        {
            if (!_families.TryGetValue(part.Name, out var family))
            {
                _families[part.Name] = family = new Family(part.Type);
            }

            family.Enter(part.Help);
            foreach (var metric in part.Metrics)
            {
                _metrics.Add(metric.Hash);
                family.Add(metric);
            }
        }
    }

    public void Remove(Group group)
    {
        foreach (var part in group.Families)
        {
            var family = _families[part.Name];
            foreach (var metric in part.Metrics)
            {
                _metrics.Remove(metric.Hash);
                family.Remove(metric);
            }

            family.Leave(part.Help);
            if (family.Groups == 0)
            {
                _families.Remove(part.Name);
            }
        }
    }

    private sealed class Family(MetricType type)
    {
        private readonly Dictionary<string, int> _helps = new(StringComparer.Ordinal);
        private readonly Dictionary<ulong, StoredMetric> _metrics = [];
        private ulong[] _order = [];

        /// <summary>Where groups differ, the same one wins whatever the order of their pushes: an empty one last.</summary>
        public string Help => _helps.Count == 1 ? _helps.First().Key : _helps.Keys.Where(h => h.Length > 0).Min(StringComparer.Ordinal)!;

        public MetricType Type { get; } = type;

        public int Groups { get; private set; }

        public void Enter(string help)
        {
            Groups++;
            _helps[help] = _helps.GetValueOrDefault(help) + 1;
        }

        public void Leave(string help)
        {
            Groups--;
            if (--_helps[help] == 0)
            {
                _helps.Remove(help);
            }
        }

        public void Add(StoredMetric metric) => _metrics[metric.Hash] = metric;

        public void Remove(StoredMetric metric) => _metrics.Remove(metric.Hash);

        public StoredMetric[] Sorted()
        {
            // A push mostly replaces metrics by newer ones of the same labels: the order found last still holds.
            if (_order.Length == _metrics.Count)
            {
                var known = new StoredMetric[_order.Length];
                var i = 0;
                while (i < known.Length && _metrics.TryGetValue(_order[i], out var metric))
                {
                    known[i++] = metric;
                }

                if (i == known.Length)
                {
                    return known;
                }
            }

            StoredMetric[] sorted = [.. _metrics.Values];
            Array.Sort(sorted, StoredMetric.Compare);
            _order = [.. sorted.Select(m => m.Hash)];
            return sorted;
        }
    }
}
