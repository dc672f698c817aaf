namespace Stash.Core.Gateway;

/// <summary>An order of what has labels in text form, which it can find with few looks at the texts.</summary>
internal abstract class OrderComparer<T> : IComparer<T>
{
    private const int Few = 32;

    /// <summary>Number of labels.</summary>
    public abstract int Labels(T item);

    /// <summary>The labels, after whatever is the same for all.</summary>
    public abstract ReadOnlySpan<byte> Text(T item);

    public abstract int Compare(T? x, T? y);

    /// <summary>Sorts items and, alongside, their slots.</summary>
    public void Sort(Span<T> items, Span<int> slots)
    {
        if (IsSorted(items))
        {
            return;
        }

        // By the few bytes behind what all have in common, which are compared as one number: most texts differ there.
        if (items.Length > Few)
        {
            SortByKey(items, slots);
            if (IsSorted(items))
            {
                return;
            }
        }

        items.Sort(slots, Compare);
    }

    private bool IsSorted(ReadOnlySpan<T> items)
    {
        for (var i = 1; i < items.Length; i++)
        {
            if (Compare(items[i - 1], items[i]) > 0)
            {
                return false;
            }
        }

        return true;
    }

    private void SortByKey(Span<T> items, Span<int> slots)
    {
        var common = Text(items[0]);
        foreach (var item in items)
        {
            common = common[..common.CommonPrefixLength(Text(item))];
        }

        var keys = new ulong[items.Length];
        var order = new int[items.Length];
        for (var i = 0; i < items.Length; i++)
        {
            keys[i] = ((ulong)Math.Min(Labels(items[i]), byte.MaxValue) << 56) | Key(Text(items[i])[common.Length..]);
            order[i] = i;
        }

        Array.Sort(keys, order);
        T[] unsorted = [.. items];
        int[] unsortedSlots = [.. slots];
        for (var i = 0; i < order.Length; i++)
        {
            (items[i], slots[i]) = (unsorted[order[i]], unsortedSlots[order[i]]);
        }

        for (var start = 0; start < keys.Length;)
        {
            var end = start + 1;
            while (end < keys.Length && keys[end] == keys[start])
            {
                end++;
            }

            if (end - start > 1)
            {
                items[start..end].Sort(slots[start..end], Compare);
            }

            start = end;
        }
    }

    private static ulong Key(ReadOnlySpan<byte> text)
    {
        var key = 0UL;
        for (var i = 0; i < 7; i++)
        {
            // The quote that ends a value comes before all that could go on in it.
            key = (key << 8) | (i < text.Length && text[i] != '"' ? text[i] : 0UL);
        }

        return key;
    }
}
