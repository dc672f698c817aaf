using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Stash.Operator.Hosting;

/// <summary>By which of the process' listeners a request came.</summary>
internal enum Listener
{
    /// <summary>:56789, the push gateway.</summary>
    Gateway,

    /// <summary>:8443, the API.</summary>
    Api,
}

/// <summary>A connection's feature: requests see it among their own.</summary>
internal sealed record ListenerFeature(Listener Listener);

internal static class ListenerExtensions
{
    /// <summary>Marks every connection of a listener.</summary>
    public static void MarkAs(this ListenOptions options, Listener listener)
    {
        var feature = new ListenerFeature(listener);
        options.Use(next => connection =>
        {
            connection.Features.Set(feature);
            return next(connection);
        });
    }

    public static bool CameBy(this HttpContext context, Listener listener) =>
        context.Features.Get<ListenerFeature>()?.Listener == listener;
}
