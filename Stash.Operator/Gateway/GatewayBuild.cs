using System.Reflection;
using System.Runtime.InteropServices;

namespace Stash.Operator.Gateway;

/// <summary>What this program was built from, in the reference's words.</summary>
internal sealed record GatewayBuild(string Version, string Revision, string Branch, string BuildUser, string BuildDate, string Runtime)
{
    public static GatewayBuild This { get; } = Read();

    private static GatewayBuild Read()
    {
        var version = typeof(GatewayBuild).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+');
        return new GatewayBuild(version[0], version.ElementAtOrDefault(1) ?? "", "", "", "", RuntimeInformation.FrameworkDescription);
    }
}
