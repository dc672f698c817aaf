using Microsoft.Extensions.Configuration;
using Stash.Core.Configuration;

namespace Stash.Operator.Tests.Hosting;

public sealed class AppSettingsTests
{
    [Fact]
    public void What_appsettings_says_is_what_is_built_in()
    {
        var builtIn = StashOptions.Read(new ConfigurationBuilder().Build());
        var written = StashOptions.Read(new ConfigurationBuilder().AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json")).Build());
        // A record compares its collections by reference.
        written.Gateway.Addresses.ShouldBe(builtIn.Gateway.Addresses);
        written.Kubernetes.ServiceLabels.ShouldBe(builtIn.Kubernetes.ServiceLabels);
        written.Kubernetes.PrometheusServiceAccounts.ShouldBe(builtIn.Kubernetes.PrometheusServiceAccounts);
        (written with
        {
            Gateway = written.Gateway with { Addresses = builtIn.Gateway.Addresses },
            Kubernetes = written.Kubernetes with { ServiceLabels = builtIn.Kubernetes.ServiceLabels, PrometheusServiceAccounts = builtIn.Kubernetes.PrometheusServiceAccounts },
        }).ShouldBe(builtIn);
    }
}
