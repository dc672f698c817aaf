using System.CommandLine;
using Stash.Core;
using Stash.Core.Configuration;
using Stash.Core.Kubernetes;

namespace Stash.Operator.Commands.Monitoring;

/// <summary>
/// The flags that say where the settings are. Without one: the cluster of the configuration or the pod, the one of <c>KUBECONFIG</c>, the data folder where there is one, the cluster of <c>~/.kube/config</c>.
/// </summary>
internal sealed class PlaceFlags
{
    private readonly Option<string?> _kubeconfig = new("--kubeconfig") { Description = "The settings of the cluster that this file describes. Default: those of KUBECONFIG, else ~/.kube/config; in a pod, its service account.", HelpName = "FILE" };
    private readonly Option<string?> _context = new("--context") { Description = "The context of the kubeconfig. Default: its current one.", HelpName = "NAME" };
    private readonly Option<string?> _namespace = new("--namespace", "-n") { Description = "The operator's namespace in the cluster. Default: that of the context.", HelpName = "NAME" };
    private readonly Option<string?> _api = new("--api-address") { Description = "Where the operator of the data folder listens (Stash:Api:Address). Default: 127.0.0.1:8443.", HelpName = "HOST:PORT" };
    private readonly HostFlags _host;

    public PlaceFlags(Command command)
    {
        _host = new(command);
        foreach (var option in new[] { _kubeconfig, _context, _namespace, _api })
        {
            command.Add(option);
        }
    }

    /// <exception cref="UserErrorException">It cannot be told, or what leads there cannot be used.</exception>
    public async Task<ISettingsPlace> OpenAsync(ParseResult result, CancellationToken cancellationToken)
    {
        Dictionary<string, string?> keys = new(StringComparer.OrdinalIgnoreCase);
        _host.Read(result, keys);
        var folder = keys.Count > 0;
        var cluster = new[] { _kubeconfig, _context, _namespace }.FirstOrDefault(o => result.GetValue(o) is not null);
        if (folder && cluster is not null)
        {
            throw new UserErrorException($"--data-dir and {cluster.Name} are both given: give --data-dir for settings in a data folder, or {cluster.Name} for those of a cluster.", exitCode: 2);
        }

        foreach (var (option, key) in new[] { (_api, "Stash:Api:Address"), (_kubeconfig, "Stash:Kubernetes:Kubeconfig"), (_namespace, "Stash:Kubernetes:Namespace") })
        {
            if (result.GetValue(option) is { } value)
            {
                keys[key] = value;
            }
        }

        var options = StashOptions.Read(_host.Configuration(result, keys));
        if (!folder && (cluster is not null || options.Kubernetes.IsOn))
        {
            return Cluster(options.Kubernetes, result.GetValue(_context));
        }

        if (folder || options.Kubernetes.Mode == "off")
        {
            return await FolderAsync(options, cancellationToken);
        }

        if (FromEnvironment().Length > 0)
        {
            return Cluster(options.Kubernetes, null);
        }

        if (File.Exists(Path.Combine(options.DataDirectory, "monitoring.yaml")) || File.Exists(Path.Combine(options.DataDirectory, "api-token")))
        {
            return await FolderAsync(options, cancellationToken);
        }

        return File.Exists(Default)
            ? Cluster(options.Kubernetes, null)
            : throw new UserErrorException($"There are no settings: no data folder {options.DataDirectory} and no kubeconfig {Default}. Give --data-dir DIR, or --kubeconfig FILE for those of a cluster.");
    }

    private static string Default => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify), ".kube", "config");

    private static string[] FromEnvironment() => (Environment.GetEnvironmentVariable("KUBECONFIG") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static ClusterPlace Cluster(KubernetesOptions options, string? context)
    {
        // In a pod its own service account, unless somebody says otherwise.
        var pod = options.Kubeconfig is null && context is null && FromEnvironment().Length == 0 && options.IsOn;
        var connection = pod
            ? KubernetesConnection.Open(options)!
            : KubernetesConnection.Open(options.Kubeconfig is { } file ? [file] : FromEnvironment() is { Length: > 0 } files ? files : [Default], context, options.Namespace);
        return new(connection, isNamed: pod || options.Namespace is not null);
    }

    private static async Task<ISettingsPlace> FolderAsync(StashOptions options, CancellationToken cancellationToken)
    {
        var data = DataFolder.Existing(options.DataDirectory);
        return await ApiPlace.FindAsync(data, options.Api, cancellationToken) ?? (ISettingsPlace)new FolderPlace(data);
    }
}
