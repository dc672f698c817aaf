using System.Buffers;

namespace Stash.Operator.Gateway;

/// <summary>The bytes of a push, in memory that is used again once it is disposed; what exceeds a few kilobytes is counted.</summary>
internal struct BodyBytes : IDisposable
{
    private readonly PushAdmission? _admission;
    private byte[] _bytes;
    private int _counted;

    /// <param name="capacity">Bytes to set aside.</param>
    /// <param name="admission">Counts.</param>
    /// <exception cref="BadPushException">There is no memory for it.</exception>
    public BodyBytes(int capacity, PushAdmission admission)
    {
        _admission = admission;
        _bytes = Rent(capacity, admission, out _counted);
    }

    public int Length { get; private set; }

    public readonly ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);

    /// <exception cref="BadPushException">There is no memory for it.</exception>
    public void Add(ReadOnlySequence<byte> more)
    {
        var length = (int)more.Length;
        more.CopyTo(Free(length));
        Length += length;
    }

    /// <summary>Place for as many bytes at least; <see cref="Advance"/> over those that are written.</summary>
    /// <exception cref="BadPushException">There is no memory for it.</exception>
    public Span<byte> Free(int least)
    {
        var length = checked(Length + least);
        if (length > _bytes.Length)
        {
            var larger = Rent(Math.Max(length, (int)Math.Min(Array.MaxLength, 2L * _bytes.Length)), _admission!, out var counted);
            _bytes.AsSpan(0, Length).CopyTo(larger);
            Return();
            (_bytes, _counted) = (larger, counted);
        }

        return _bytes.AsSpan(Length);
    }

    public void Advance(int bytes) => Length += bytes;

    public void Dispose()
    {
        if (_bytes is { Length: > 0 })
        {
            Return();
            (_bytes, _counted, Length) = ([], 0, 0);
        }
    }

    private static byte[] Rent(int capacity, PushAdmission admission, out int counted)
    {
        counted = capacity > PushAdmission.Free ? capacity : 0;
        if (counted > 0)
        {
            admission.Take(counted);
        }

        return ArrayPool<byte>.Shared.Rent(capacity);
    }

    private readonly void Return()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        if (_counted > 0)
        {
            _admission!.Give(_counted);
        }
    }
}
