namespace Stash.Core.Gateway;

/// <summary>From a series' hash to its slot in its family. A table of open addresses, since it holds every series there is: 12 bytes for each place.</summary>
internal sealed class SeriesMap
{
    private const int Free = -1;
    private ulong[] _keys = new ulong[64];
    private int[] _slots = NewSlots(64);

    public int Count { get; private set; }

    /// <returns>-1 where there is none.</returns>
    public int Find(ulong key)
    {
        var mask = _keys.Length - 1;
        for (var i = (int)key & mask; _slots[i] != Free; i = (i + 1) & mask)
        {
            if (_keys[i] == key)
            {
                return _slots[i];
            }
        }

        return Free;
    }

    /// <summary>Adds a key that is not there.</summary>
    public void Add(ulong key, int slot)
    {
        if ((Count + 1) * 5L > _keys.Length * 4L)
        {
            Resize(_keys.Length * 2);
        }

        Place(key, slot);
        Count++;
    }

    /// <summary>Removes a key that is there.</summary>
    public void Remove(ulong key)
    {
        var mask = _keys.Length - 1;
        var i = (int)key & mask;
        while (_keys[i] != key || _slots[i] == Free)
        {
            if (_slots[i] == Free)
            {
                return;
            }

            i = (i + 1) & mask;
        }

        // Whatever comes after and would be looked for here moves up, so that no gap ends a search too early.
        var gap = i;
        for (var j = (i + 1) & mask; _slots[j] != Free; j = (j + 1) & mask)
        {
            var home = (int)_keys[j] & mask;
            if (((j - home) & mask) >= ((j - gap) & mask))
            {
                (_keys[gap], _slots[gap]) = (_keys[j], _slots[j]);
                gap = j;
            }
        }

        _slots[gap] = Free;
        Count--;
        if (_keys.Length > 1024 && Count < _keys.Length / 8)
        {
            Resize(_keys.Length / 2);
        }
    }

    private void Place(ulong key, int slot)
    {
        var mask = _keys.Length - 1;
        var i = (int)key & mask;
        while (_slots[i] != Free)
        {
            i = (i + 1) & mask;
        }

        (_keys[i], _slots[i]) = (key, slot);
    }

    private void Resize(int size)
    {
        var (keys, slots) = (_keys, _slots);
        (_keys, _slots) = (new ulong[size], NewSlots(size));
        for (var i = 0; i < keys.Length; i++)
        {
            if (slots[i] != Free)
            {
                Place(keys[i], slots[i]);
            }
        }
    }

    private static int[] NewSlots(int size)
    {
        var slots = GC.AllocateUninitializedArray<int>(size);
        slots.AsSpan().Fill(Free);
        return slots;
    }
}
