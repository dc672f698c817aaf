using System.Buffers;

namespace Stash.Core.Gateway;

/// <summary>
/// The series of a family, each in a slot of its own as long as it is there, and their order of exposition. A push that replaces a series
/// only changes what is in its slot; the order is looked at again where series come or go, and sorted by whoever reads.
/// </summary>
/// <typeparam name="T">What is in a slot; its default where the slot is empty.</typeparam>
/// <typeparam name="TSeen">What a reader sees of it.</typeparam>
internal sealed class SeriesOrder<T, TSeen>
    where T : struct, ISlot<TSeen>
    where TSeen : struct
{
    private readonly List<int> _pending = [];
    private readonly Stack<int> _free = [];
    private T[] _slots = new T[4];
    private int[] _sorted = [];
    private int _used;
    private int _left;

    public int Count { get; private set; }

    public ref T this[int slot] => ref _slots[slot];

    /// <summary>What is there, as far as possible in order.</summary>
    public IEnumerable<T> Items => _sorted.Concat(_pending).Where(s => !IsEmpty(s)).Select(s => _slots[s]);

    public int Add(T item)
    {
        if (!_free.TryPop(out var slot))
        {
            if (_left > 1024 && _left > _used / 2)
            {
                Compact();
                return Add(item);
            }

            slot = _used++;
            if (slot == _slots.Length)
            {
                Array.Resize(ref _slots, slot < 1 << 16 ? slot * 2 : slot + (slot / 2));
            }
        }

        _slots[slot] = item;
        _pending.Add(slot);
        Count++;
        return slot;
    }

    public void Remove(int slot)
    {
        // It is in the order still: taken for another only once it is out of there.
        _slots[slot] = default;
        _left++;
        Count--;
    }

    /// <summary>What is there now: the sorted ones first, then those that came since, unsorted.</summary>
    public OrderView<TSeen> View()
    {
        if (_left > 0)
        {
            Compact();
        }

        var items = ArrayPool<TSeen>.Shared.Rent(Math.Max(1, Count));
        var slots = _slots;
        var at = 0;
        foreach (var slot in _sorted)
        {
            items[at++] = slots[slot].Seen;
        }

        foreach (var slot in _pending)
        {
            items[at++] = slots[slot].Seen;
        }

        return new OrderView<TSeen>(items, _sorted, [.. _pending]);
    }

    /// <summary>Takes over the order that a reader found, unless it is no longer right.</summary>
    public void Install(OrderView<TSeen> view)
    {
        if (ReferenceEquals(view.Sorted, _sorted) && view.Pending.Length > 0 && view.Order is { } order)
        {
            _sorted = order;
            _pending.RemoveRange(0, view.Pending.Length);
        }
    }

    private void Compact()
    {
        var sorted = new int[_sorted.Length];
        var length = 0;
        foreach (var slot in _sorted)
        {
            if (IsEmpty(slot))
            {
                _free.Push(slot);
            }
            else
            {
                sorted[length++] = slot;
            }
        }

        // A new array also where nothing has gone from it: an order found before this is void, since slots are free again.
        Array.Resize(ref sorted, length);
        _sorted = sorted;
        var pending = 0;
        for (var i = 0; i < _pending.Count; i++)
        {
            if (IsEmpty(_pending[i]))
            {
                _free.Push(_pending[i]);
            }
            else
            {
                _pending[pending++] = _pending[i];
            }
        }

        _pending.RemoveRange(pending, _pending.Count - pending);
        _left = 0;
    }

    private bool IsEmpty(int slot) => _slots[slot].IsEmpty;
}

/// <summary>What is in a slot.</summary>
internal interface ISlot<out TSeen>
{
    bool IsEmpty { get; }

    /// <summary>What a reader sees of it at this moment.</summary>
    TSeen Seen { get; }
}

/// <summary>The series of a family at one moment.</summary>
internal sealed class OrderView<T>(T[] series, int[] sorted, int[] pending) : IDisposable
    where T : struct
{
    private T[]? _items = series;

    public int[] Sorted { get; } = sorted;

    public int[] Pending { get; } = pending;

    public int Count { get; } = sorted.Length + pending.Length;

    /// <summary>The slots in their order, where <see cref="Sort"/> had to find it.</summary>
    public int[]? Order { get; private set; }

    /// <summary>Puts the series in their order and gives them out.</summary>
    public ReadOnlySpan<T> Sort(OrderComparer<T> comparer)
    {
        var items = _items!;
        if (Pending.Length > 0 && Order is null)
        {
            int[] slots = [.. Sorted, .. Pending];
            var added = items.AsSpan(Sorted.Length, Pending.Length);
            comparer.Sort(added, slots.AsSpan(Sorted.Length));
            if (Sorted.Length > 0 && comparer.Compare(items[Sorted.Length - 1], items[Sorted.Length]) > 0)
            {
                Merge(slots, comparer);
            }

            Order = slots;
        }

        return items.AsSpan(0, Count);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _items, null) is { } items)
        {
            ArrayPool<T>.Shared.Return(items, clearArray: true);
        }
    }

    private void Merge(int[] slots, OrderComparer<T> comparer)
    {
        var items = _items!;
        T[] added = [.. items.AsSpan(Sorted.Length, Pending.Length)];
        int[] addedSlots = [.. slots.AsSpan(Sorted.Length)];
        var (i, j) = (Sorted.Length - 1, added.Length - 1);
        for (var at = Count - 1; j >= 0; at--)
        {
            if (i >= 0 && comparer.Compare(items[i], added[j]) > 0)
            {
                (items[at], slots[at]) = (items[i], slots[i]);
                i--;
            }
            else
            {
                (items[at], slots[at]) = (added[j], addedSlots[j]);
                j--;
            }
        }
    }
}
