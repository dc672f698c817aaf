using System.Net;
using System.Net.NetworkInformation;
using Stash.Core.Configuration;

namespace Stash.Operator.Tls;

/// <summary>The names that clients may use for the API's listener.</summary>
internal static class ServingNames
{
    /// <param name="api">Where it listens, and further names.</param>
    /// <param name="service">The Service that leads to it in a cluster.</param>
    /// <param name="namespace">The Service's.</param>
    /// <returns>DNS names and IP addresses, each once.</returns>
    public static IReadOnlyCollection<string> Of(ApiOptions api, string service, string @namespace)
    {
        var listen = api.Address;
        List<string> names = ["localhost", "127.0.0.1", "::1", listen.ForClients.ToString()];
        if (Uri.CheckHostName(Dns.GetHostName()) == UriHostNameType.Dns)
        {
            names.Add(Dns.GetHostName());
        }

        // All forms that resolve in the cluster; ServiceMonitors give that with .svc as serverName.
        names.AddRange([service, $"{service}.{@namespace}", $"{service}.{@namespace}.svc", $"{service}.{@namespace}.svc.cluster.local"]);
        if (listen.IsEveryAddress)
        {
            names.AddRange(NetworkInterface.GetAllNetworkInterfaces()
                .SelectMany(i => i.GetIPProperties().UnicastAddresses)
                .Select(a => a.Address)
                .Where(a => !a.IsIPv6LinkLocal)
                .Select(a => a.ToString()));
        }

        names.AddRange(api.ServingNames);
        return [.. names.Distinct(StringComparer.OrdinalIgnoreCase)];
    }
}
