using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Stash.Operator.Gateway.Access;

/// <summary>What became of a password.</summary>
internal enum PasswordVerdict
{
    Right,
    Wrong,

    /// <summary>Too many wait to be checked.</summary>
    Busy,
}

/// <summary>
/// Checks passwords against bcrypt hashes. That takes some 0.1 s of processor time by design, so verdicts are remembered, under a key that only this process
/// can make, and one check runs at a time: who guesses takes one processor's time at most.
/// </summary>
internal sealed class Passwords : IDisposable
{
    private const int MaxRemembered = 4096;
    private const int MaxWaiting = 32;

    /// <summary>Checked where there is no such user, so that time does not tell. Of a random text nobody has.</summary>
    private static readonly string Nobody = BCrypt.Net.BCrypt.HashPassword(Convert.ToHexString(RandomNumberGenerator.GetBytes(16)), 10);

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly ConcurrentDictionary<UInt128, bool> _verdicts = new();
    private readonly SemaphoreSlim _turn = new(1);
    private int _waiting;

    /// <param name="user">The user's name.</param>
    /// <param name="hash">Of the user's password; null where there is no such user.</param>
    /// <param name="password">The password that came.</param>
    /// <param name="cancellationToken">Stops.</param>
    public ValueTask<PasswordVerdict> CheckAsync(string user, string? hash, string password, CancellationToken cancellationToken)
    {
        var key = KeyOf(user, hash ?? Nobody, password);
        return _verdicts.TryGetValue(key, out var right)
            ? ValueTask.FromResult(right ? PasswordVerdict.Right : PasswordVerdict.Wrong)
            : new ValueTask<PasswordVerdict>(ComputeAsync(key, hash, password, cancellationToken));
    }

    public void Dispose() => _turn.Dispose();

    private async Task<PasswordVerdict> ComputeAsync(UInt128 key, string? hash, string password, CancellationToken cancellationToken)
    {
        try
        {
            if (Interlocked.Increment(ref _waiting) > MaxWaiting)
            {
                return PasswordVerdict.Busy;
            }

            await _turn.WaitAsync(cancellationToken);
            try
            {
                // Many requests of one client come at once: the first has found it out.
                if (!_verdicts.TryGetValue(key, out var right))
                {
                    right = await Task.Run(() => BCrypt.Net.BCrypt.Verify(password, hash ?? Nobody), cancellationToken) && hash is not null;
                    Remember(key, right);
                }

                return right ? PasswordVerdict.Right : PasswordVerdict.Wrong;
            }
            finally
            {
                _turn.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private void Remember(UInt128 key, bool right)
    {
        if (_verdicts.Count >= MaxRemembered)
        {
            // Guesses have filled it: they go, those who got in stay.
            foreach (var (old, was) in _verdicts)
            {
                if (!was)
                {
                    _verdicts.TryRemove(old, out _);
                }
            }
        }

        if (_verdicts.Count < MaxRemembered)
        {
            _verdicts[key] = right;
        }
    }

    private UInt128 KeyOf(string user, string hash, string password)
    {
        // A zero byte between the parts: no user's name can run into the hash.
        var mac = HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{user}\0{hash}\0{password}"));
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(mac);
    }
}
