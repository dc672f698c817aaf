using System.Net;
using System.Net.NetworkInformation;
using Stash.Core.Configuration;

namespace Stash.Operator.Tls;

/// <summary>The names that clients may use for the API's listener.</summary>
internal static class ServingNames
{
    public static string[] Of(ListenAddress listen)
    {
        // The Service's name, which ServiceMonitors give as serverName.
        List<string> names = ["localhost", "127.0.0.1", "::1", "stash-operator.default.svc", listen.ForClients.ToString()];
        if (Uri.CheckHostName(Dns.GetHostName()) == UriHostNameType.Dns)
        {
            names.Add(Dns.GetHostName());
        }

        if (listen.IsEveryAddress)
        {
            names.AddRange(NetworkInterface.GetAllNetworkInterfaces()
                .SelectMany(i => i.GetIPProperties().UnicastAddresses)
                .Select(a => a.Address)
                .Where(a => !a.IsIPv6LinkLocal)
                .Select(a => a.ToString()));
        }

        return [.. names.Distinct(StringComparer.OrdinalIgnoreCase)];
    }
}
