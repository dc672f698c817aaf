using System.Globalization;
using Stash.Core.Yaml;

namespace Stash.Core.Restics;

/// <summary>
/// Reads Restic and Recovery resources from a YAML file. Strict: a field that does not exist is an error with its line.
/// All errors have exit code 2. Whether a Restic can run (its policies, its secret, its schedule) is judged when it runs.
/// </summary>
public static class ResticYaml
{
    private const string ApiVersion = "stash.appscode.com/v1alpha1";

    private static readonly string[] MetadataFields =
        ["name", "namespace", "labels", "annotations", "resourceVersion", "uid", "generation", "creationTimestamp", "finalizers", "ownerReferences", "managedFields", "selfLink"];

    // Kubernetes' volume sources, which 0.8.3 has inline in backend.local and recoveredVolumes[].
    private static readonly string[] VolumeSources =
    [
        "awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "configMap", "downwardAPI", "emptyDir", "fc", "flexVolume", "flocker",
        "gcePersistentDisk", "gitRepo", "glusterfs", "hostPath", "iscsi", "nfs", "persistentVolumeClaim", "photonPersistentDisk", "portworxVolume",
        "projected", "quobyte", "rbd", "scaleIO", "secret", "storageos", "vsphereVolume",
    ];

    /// <summary>Reads a file.</summary>
    /// <exception cref="UserErrorException">It cannot be read, or holds something else.</exception>
    public static ResticFile Load(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var reason = e switch
            {
                FileNotFoundException or DirectoryNotFoundException => "there is no such file",
                UnauthorizedAccessException when Directory.Exists(path) => "it is a folder",
                UnauthorizedAccessException => "permission denied",
                _ => "it is not readable",
            };
            throw new UserErrorException($"{path} cannot be read: {reason}.", exitCode: 2, inner: e);
        }

        return Parse(text, path, Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <param name="text">Any number of documents.</param>
    /// <param name="name">What the text is, for errors: the file's name.</param>
    /// <param name="folder">Where relative paths start.</param>
    /// <exception cref="UserErrorException">One line with the name, the line and what is accepted.</exception>
    public static ResticFile Parse(string text, string name, string folder)
    {
        try
        {
            List<Restic> restics = [];
            List<Recovery> recoveries = [];
            foreach (var document in YamlDocuments.Read(text, name))
            {
                // A document of nothing but comments, as between two separators.
                if (document.RootNode is YamlDotNet.RepresentationModel.YamlScalarNode { Value: null or "" })
                {
                    continue;
                }

                var root = new YamlFields(document.RootNode, "", name);
                var kind = root.Text("kind");
                if (kind is not ("Restic" or "Recovery"))
                {
                    throw At(root, name, $"kind is {Shown(kind)}: give Restic or Recovery");
                }

                if (root.Text("apiVersion") is var version && version != ApiVersion)
                {
                    throw At(root, name, $"apiVersion is {Shown(version)}: give {ApiVersion}");
                }

                root.Allow("apiVersion", "kind", "metadata", "spec", "status");
                var metadata = root.Map("metadata");
                metadata?.Allow(MetadataFields);
                var own = metadata?.Text("name") ?? throw At(root, name, "metadata.name is missing");
                if (own.Length == 0)
                {
                    throw At(metadata, name, "metadata.name is empty");
                }

                var @namespace = metadata.Text("namespace") is { Length: > 0 } given ? given : null;
                var spec = root.Map("spec") ?? throw At(root, name, "spec is missing");
                if (kind == "Recovery")
                {
                    recoveries.Add(ReadRecovery(spec, name, folder, own, @namespace));
                    continue;
                }

                if (restics.Exists(r => r.Name == own && r.Namespace == @namespace))
                {
                    throw At(root, name, $"there are two Restics named {own}: give each a name of its own");
                }

                restics.Add(ReadRestic(spec, name, folder, own, @namespace));
            }

            return new ResticFile { Name = name, Restics = restics, Recoveries = recoveries };
        }
        catch (UserErrorException e) when (e.ExitCode != 2)
        {
            throw new UserErrorException(e.Message, exitCode: 2, inner: e);
        }
    }

    private static Restic ReadRestic(YamlFields spec, string name, string folder, string own, string? @namespace)
    {
        spec.Allow("selector", "fileGroups", "backend", "schedule", "volumeMounts", "resources", "retentionPolicies", "type", "paused", "imagePullSecrets");
        return new Restic
        {
            Name = own,
            Namespace = @namespace,
            FileGroups = [.. spec.Maps("fileGroups").Select(g => ReadFileGroup(g, name, folder))],
            Backend = spec.Map("backend") is { } backend ? ReadBackend(backend, name, folder) : null,
            Schedule = spec.Text("schedule") is { Length: > 0 } schedule ? schedule : null,
            RetentionPolicies = [.. spec.Maps("retentionPolicies").Select(p => ReadPolicy(p, name))],
            Paused = spec.Flag("paused") ?? false,
        };
    }

    private static FileGroup ReadFileGroup(YamlFields group, string name, string folder)
    {
        group.Allow("path", "tags", "retentionPolicyName");
        return new FileGroup
        {
            Path = Path.Combine(folder, Needed(group, "path", name)),
            Tags = group.List("tags"),
            RetentionPolicyName = group.Text("retentionPolicyName") is { Length: > 0 } policy ? policy : null,
        };
    }

    private static RetentionPolicy ReadPolicy(YamlFields policy, string name)
    {
        policy.Allow("name", "keepLast", "keepHourly", "keepDaily", "keepWeekly", "keepMonthly", "keepYearly", "keepTags", "prune", "dryRun");
        return new RetentionPolicy
        {
            Name = Needed(policy, "name", name),
            KeepLast = policy.Count("keepLast"),
            KeepHourly = policy.Count("keepHourly"),
            KeepDaily = policy.Count("keepDaily"),
            KeepWeekly = policy.Count("keepWeekly"),
            KeepMonthly = policy.Count("keepMonthly"),
            KeepYearly = policy.Count("keepYearly"),
            KeepTags = policy.List("keepTags"),
            Prune = policy.Flag("prune") ?? false,
            DryRun = policy.Flag("dryRun") ?? false,
        };
    }

    private static Backend ReadBackend(YamlFields backend, string name, string folder)
    {
        string[] places = ["local", "s3", "gcs", "azure", "swift", "b2", "rest"];
        backend.Allow(["storageSecretName", .. places]);
        var given = places.Where(p => backend.Map(p) is not null).ToArray();
        if (given.Length != 1)
        {
            throw At(backend, name, $"{backend.FullPath} has {(given.Length == 0 ? "no place" : string.Join(" and ", given))}: give one of {string.Join(", ", places)}");
        }

        var place = backend.Map(given[0])!;
        return new Backend
        {
            Repository = Repository(given[0], place, name, folder),
            SecretFolder = backend.Text("storageSecretName") is { Length: > 0 } secret ? Path.Combine(folder, secret) : null,
        };
    }

    private static string Repository(string kind, YamlFields place, string name, string folder)
    {
        switch (kind)
        {
            case "local":
                place.Allow(["mountPath", "subPath", .. VolumeSources]);
                return Path.GetFullPath(Path.Combine(folder, Needed(place, "mountPath", name), place.Text("subPath")?.TrimStart('/') ?? ""));
            case "rest":
                place.Allow("url");
                return $"rest:{Needed(place, "url", name)}";
            case "s3":
                place.Allow("endpoint", "bucket", "prefix");
                var endpoint = place.Text("endpoint") is { Length: > 0 } e ? e.TrimEnd('/') : "s3.amazonaws.com";
                var prefix = Prefix(place);
                return $"s3:{endpoint}/{Needed(place, "bucket", name)}{(prefix.Length == 0 ? "" : "/")}{prefix}";
            case "gcs":
                place.Allow("bucket", "prefix", "maxConnections");
                return $"gs:{Needed(place, "bucket", name)}:/{Prefix(place)}";
            case "azure":
                place.Allow("container", "prefix", "maxConnections");
                return $"azure:{Needed(place, "container", name)}:/{Prefix(place)}";
            case "swift":
                place.Allow("container", "prefix");
                return $"swift:{Needed(place, "container", name)}:/{Prefix(place)}";
            default:
                place.Allow("bucket", "prefix", "maxConnections");
                return $"b2:{Needed(place, "bucket", name)}:{Prefix(place)}";
        }
    }

    private static Recovery ReadRecovery(YamlFields spec, string name, string folder, string own, string? @namespace)
    {
        spec.Allow("repository", "snapshot", "paths", "recoveredVolumes", "nodeSelector", "workload", "podOrdinal", "nodeName", "imagePullSecrets");
        var repository = spec.Map("repository") ?? throw At(spec, name, "spec.repository is missing: give the Restic's name under spec.repository.name");
        repository.Allow("name", "namespace");
        return new Recovery
        {
            Name = own,
            Namespace = @namespace,
            ResticName = Needed(repository, "name", name),
            ResticNamespace = repository.Text("namespace") is { Length: > 0 } given ? given : null,
            Snapshot = spec.Text("snapshot") is { Length: > 0 } snapshot ? snapshot : null,
            Paths = spec.List("paths"),
            Targets = [.. spec.Maps("recoveredVolumes").Select(v => Target(v, name, folder))],
        };
    }

    // On a host the volume is the folder itself: hostPath where the resource was written for a cluster, else the mount path.
    private static string Target(YamlFields volume, string name, string folder)
    {
        volume.Allow(["mountPath", "subPath", "name", .. VolumeSources]);
        var host = volume.Map("hostPath");
        host?.Allow("path", "type");
        return Path.Combine(folder, host?.Text("path") ?? Needed(volume, "mountPath", name), volume.Text("subPath")?.TrimStart('/') ?? "");
    }

    private static string Prefix(YamlFields place) => place.Text("prefix")?.Trim('/') ?? "";

    private static string Needed(YamlFields fields, string field, string name) =>
        fields.Text(field) is { Length: > 0 } value ? value : throw At(fields, name, $"{fields.FullPath}.{field} is missing");

    private static string Shown(string? value) => value is null ? "missing" : $"\"{value}\"";

    private static UserErrorException At(YamlFields fields, string name, string what) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{name}, line {fields.Line}: {what}."), exitCode: 2);
}
