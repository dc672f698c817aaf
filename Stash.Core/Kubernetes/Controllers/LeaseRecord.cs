using System.Net;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Stash.Core.Kubernetes.Controllers;

internal enum LeaseAnswer
{
    /// <summary>It is ours, as of when it was asked for.</summary>
    Held,

    /// <summary>Not now; perhaps later.</summary>
    NotHeld,

    /// <summary>Another one has it.</summary>
    Lost,
}

/// <summary>The Lease on the API server. Each change names the version that it was made from, so that of two at once one is refused.</summary>
internal sealed class LeaseRecord(IKubernetes client, LeaderElectionOptions options, TimeProvider time)
{
    private V1Lease? _lease;
    private long _seen;

    /// <summary>As last seen.</summary>
    public string? Holder => Volatile.Read(ref _lease)?.Spec?.HolderIdentity;

    /// <summary>When it may be taken, if it is not renewed; null where it was not seen.</summary>
    public TimeSpan? FreeIn
    {
        get
        {
            if (_lease is not { } lease)
            {
                return null;
            }

            // Its own duration counts: its holder relies on it.
            var lasts = lease.Spec.LeaseDurationSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : options.LeaseDuration;
            var left = lasts - time.GetElapsedTime(_seen);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    public async Task<LeaseAnswer> TryAcquireAsync(CancellationToken stop)
    {
        try
        {
            Saw(await client.CoordinationV1.ReadNamespacedLeaseAsync(options.Name, options.Namespace, cancellationToken: stop));
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.NotFound)
        {
            return await ChangeAsync(() => client.CoordinationV1.CreateNamespacedLeaseAsync(Ours(null), options.Namespace, cancellationToken: stop));
        }

        var isFree = Holder is null or "" || Holder == options.Identity || FreeIn == TimeSpan.Zero;
        return isFree ? await ReplaceAsync(Ours(_lease), stop) : LeaseAnswer.NotHeld;
    }

    public async Task<LeaseAnswer> RenewAsync(CancellationToken stop)
    {
        try
        {
            if (await ReplaceAsync(Ours(_lease), stop) == LeaseAnswer.Held)
            {
                return LeaseAnswer.Held;
            }

            // Somebody changed it: perhaps not who holds it.
            Saw(await client.CoordinationV1.ReadNamespacedLeaseAsync(options.Name, options.Namespace, cancellationToken: stop));
            return Holder == options.Identity ? await ReplaceAsync(Ours(_lease), stop) : LeaseAnswer.Lost;
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.NotFound)
        {
            // Deleted: whoever makes it first has it.
            return LeaseAnswer.Lost;
        }
    }

    public Task<LeaseAnswer> ReleaseAsync(CancellationToken stop)
    {
        var lease = Ours(_lease);
        lease.Spec.HolderIdentity = null;
        lease.Spec.LeaseDurationSeconds = 1;
        return ReplaceAsync(lease, stop);
    }

    private Task<LeaseAnswer> ReplaceAsync(V1Lease lease, CancellationToken stop) =>
        ChangeAsync(() => client.CoordinationV1.ReplaceNamespacedLeaseAsync(lease, options.Name, options.Namespace, cancellationToken: stop));

    private async Task<LeaseAnswer> ChangeAsync(Func<Task<V1Lease>> change)
    {
        try
        {
            Saw(await change());
            return LeaseAnswer.Held;
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.Conflict)
        {
            return LeaseAnswer.NotHeld;
        }
    }

    private void Saw(V1Lease lease)
    {
        lease.Spec ??= new V1LeaseSpec();
        if (_lease?.Metadata.ResourceVersion != lease.Metadata.ResourceVersion || _lease?.Metadata.Uid != lease.Metadata.Uid)
        {
            _seen = time.GetTimestamp();
        }

        Volatile.Write(ref _lease, lease);
    }

    private V1Lease Ours(V1Lease? before)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var isNew = before?.Spec?.HolderIdentity != options.Identity;
        return new()
        {
            ApiVersion = "coordination.k8s.io/v1",
            Kind = "Lease",
            Metadata = before?.Metadata ?? new V1ObjectMeta { Name = options.Name, NamespaceProperty = options.Namespace },
            Spec = new V1LeaseSpec
            {
                HolderIdentity = options.Identity,
                LeaseDurationSeconds = (int)options.LeaseDuration.TotalSeconds,
                AcquireTime = isNew ? now : before!.Spec.AcquireTime,
                RenewTime = now,
                LeaseTransitions = (before?.Spec?.LeaseTransitions ?? 0) + (isNew && before is not null ? 1 : 0),
            },
        };
    }
}
