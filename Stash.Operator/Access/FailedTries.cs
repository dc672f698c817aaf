using System.Net;
using System.Net.Sockets;
using Stash.Core.Configuration;

namespace Stash.Operator.Access;

/// <summary>
/// How many wrong credentials each address may show: so many at once, and then so many a second. An IPv6 address counts as its /64, which is
/// what one client has. Only failures use it up.
/// </summary>
internal sealed class FailedTries(ApiOptions options, TimeProvider time)
{
    /// <summary>Addresses that are remembered; where there are more, those with the fewest failures are forgotten first.</summary>
    public const int MaxAddresses = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, Account> _accounts = [];

    /// <summary>Addresses that are remembered.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _accounts.Count;
            }
        }
    }

    /// <summary>Counts a failed try.</summary>
    /// <returns>Null, or how long to stay away where there had been too many before.</returns>
    public TimeSpan? Add(IPAddress address)
    {
        lock (_lock)
        {
            var account = Of(address);
            if (account.Credit - account.Pending < 1)
            {
                return Wait(account);
            }

            account.Credit--;
            return null;
        }
    }

    /// <summary>Reserves a try whose outcome is not known yet; waits while others of the address, not known yet either, may use up what is left.</summary>
    /// <returns>Null, and <see cref="Leave"/> is to be called; or how long to stay away, since too many have failed.</returns>
    public async ValueTask<TimeSpan?> EnterAsync(IPAddress address, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                var account = Of(address);
                if (account.Credit < 1)
                {
                    return Wait(account);
                }

                if (account.Credit - account.Pending >= 1)
                {
                    account.Pending++;
                    return null;
                }

                changed = (account.Changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    public void Leave(IPAddress address, bool failed)
    {
        TaskCompletionSource? changed;
        lock (_lock)
        {
            var account = Of(address);
            account.Pending--;
            account.Credit -= failed ? 1 : 0;
            (changed, account.Changed) = (account.Changed, null);
        }

        changed?.TrySetResult();
    }

    /// <summary>What counts as one client.</summary>
    internal static IPAddress ClientOf(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }

    private TimeSpan Wait(Account account) => TimeSpan.FromSeconds(Math.Max(1, Math.Ceiling((1 - account.Credit) / options.FailedTriesPerSecond)));

    private Account Of(IPAddress address)
    {
        var key = ClientOf(address);
        var now = time.GetTimestamp();
        if (_accounts.TryGetValue(key, out var account))
        {
            Earn(account, now);
            return account;
        }

        if (_accounts.Count >= MaxAddresses)
        {
            Forget(now);
        }

        account = new Account { Credit = options.FailedTriesBurst, Counted = now };
        _accounts.Add(key, account);
        return account;
    }

    private void Earn(Account account, long now)
    {
        account.Credit = Math.Min(options.FailedTriesBurst, account.Credit + (time.GetElapsedTime(account.Counted, now).TotalSeconds * options.FailedTriesPerSecond));
        account.Counted = now;
    }

    /// <summary>Makes room: a tenth at once, so that a flood from many addresses does not sort them for each.</summary>
    private void Forget(long now)
    {
        foreach (var account in _accounts.Values)
        {
            Earn(account, now);
        }

        foreach (var (address, _) in _accounts.Where(a => a.Value.Pending == 0).OrderByDescending(a => a.Value.Credit).Take(MaxAddresses / 10).ToList())
        {
            _accounts.Remove(address);
        }
    }

    private sealed class Account
    {
        public required double Credit { get; set; }

        public required long Counted { get; set; }

        public int Pending { get; set; }

        public TaskCompletionSource? Changed { get; set; }
    }
}
