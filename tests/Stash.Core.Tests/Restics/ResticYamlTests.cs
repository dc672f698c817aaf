using Stash.Core.Restics;

namespace Stash.Core.Tests.Restics;

public sealed class ResticYamlTests
{
    private const string Head = "apiVersion: stash.appscode.com/v1alpha1\nkind: Restic\nmetadata: {name: x}\n";

    [Fact]
    public void Every_field_of_the_resource_is_read_or_accepted()
    {
        var file = ResticYaml.Parse(
            """
            # A comment, and an empty document
            ---
            apiVersion: stash.appscode.com/v1alpha1
            kind: Restic
            metadata:
              name: shop
              namespace: prod
              labels: {team: web}
            spec:
              selector: {matchLabels: {app: shop}}
              fileGroups:
              - path: /source/data
                tags: [nightly, "1"]
                retentionPolicyName: few
              - path: relative/path
              backend:
                local: {mountPath: /safe/data, subPath: shop, hostPath: {path: /data}}
                storageSecretName: shop-secret
              schedule: '@every 1h'
              volumeMounts: [{mountPath: /source/data, name: source-data}]
              resources: {limits: {cpu: 1}}
              retentionPolicies:
              - {name: few, keepLast: 1, keepHourly: 2, keepDaily: 3, keepWeekly: 4, keepMonthly: 5, keepYearly: 6, keepTags: [keep], prune: true, dryRun: true}
              type: offline
              paused: true
              imagePullSecrets: [{name: pull}]
            status: {anything: true}
            ---
            apiVersion: stash.appscode.com/v1alpha1
            kind: Restic
            metadata: {name: bare}
            spec: {}
            """,
            "f.yaml",
            "/etc/stash");

        file.Restics.Count.ShouldBe(2);
        var restic = file.Restics[0];
        restic.Name.ShouldBe("shop");
        restic.Namespace.ShouldBe("prod");
        restic.Schedule.ShouldBe("@every 1h");
        restic.Paused.ShouldBeTrue();
        restic.FileGroups[0].Path.ShouldBe("/source/data");
        restic.FileGroups[0].Tags.ShouldBe(["nightly", "1"]);
        restic.FileGroups[1].Path.ShouldBe("/etc/stash/relative/path");
        restic.Backend.ShouldBe(new Backend { Repository = "/safe/data/shop", SecretFolder = "/etc/stash/shop-secret" });
        var policy = restic.PolicyOf(restic.FileGroups[0]).ShouldNotBeNull();
        (policy with { KeepTags = [] }).ShouldBe(new RetentionPolicy
        {
            Name = "few",
            KeepLast = 1,
            KeepHourly = 2,
            KeepDaily = 3,
            KeepWeekly = 4,
            KeepMonthly = 5,
            KeepYearly = 6,
            KeepTags = [],
            Prune = true,
            DryRun = true,
        });
        policy.KeepTags.ShouldBe(["keep"]);
        restic.PolicyOf(restic.FileGroups[1]).ShouldBeNull();
        file.Restics[1].FileGroups.ShouldBeEmpty();
        file.Restics[1].Backend.ShouldBeNull();
    }

    [Theory]
    [InlineData("local: {mountPath: /safe}", "/safe")]
    [InlineData("local: {mountPath: safe/, subPath: /x}", "/etc/stash/safe/x")]
    [InlineData("s3: {endpoint: s3.amazonaws.com, bucket: b, prefix: a/b/}", "s3:s3.amazonaws.com/b/a/b")]
    [InlineData("s3: {endpoint: 'https://minio:9000/', bucket: b}", "s3:https://minio:9000/b")]
    [InlineData("s3: {bucket: b}", "s3:s3.amazonaws.com/b")]
    [InlineData("gcs: {bucket: b, prefix: /p, maxConnections: 5}", "gs:b:/p")]
    [InlineData("azure: {container: c}", "azure:c:/")]
    [InlineData("swift: {container: c, prefix: p}", "swift:c:/p")]
    [InlineData("b2: {bucket: b, prefix: p}", "b2:b:p")]
    [InlineData("rest: {url: 'https://host:8000/repo'}", "rest:https://host:8000/repo")]
    public void Backends_become_names_of_repositories(string backend, string repository) =>
        Parse($"{Head}spec: {{backend: {{{backend}}}}}").Restics[0].Backend!.Repository.ShouldBe(repository);

    [Theory]
    [InlineData("spec:\n  paused: perhaps\n", "f.yaml, line 5: spec.paused \"perhaps\" is not right: give true or false.")]
    [InlineData("spec:\n  fileGroups: /a\n", "f.yaml, line 5: spec.fileGroups is not right: give a list.")]
    [InlineData("spec:\n  fileGroups: [/a]\n", "f.yaml, line 5: spec.fileGroups[0] is not right: give fields, one per line, as \"name: value\".")]
    [InlineData("spec:\n  fileGroups:\n  - tags: [a]\n", "f.yaml, line 6: spec.fileGroups[0].path is missing.")]
    [InlineData("spec:\n  retentionPolicies:\n  - name: a\n  - name: b\n    keepLast: -1\n", "f.yaml, line 8: spec.retentionPolicies[1].keepLast \"-1\" is not right: give a whole number, 0 or more.")]
    [InlineData("spec:\n  backend: {local: {mountPath: /a}, b2: {bucket: b}}\n", "f.yaml, line 5: spec.backend has local and b2: give one of local, s3, gcs, azure, swift, b2, rest.")]
    [InlineData("spec:\n  backend:\n    storageSecretName: s\n", "f.yaml, line 6: spec.backend has no place: give one of local, s3, gcs, azure, swift, b2, rest.")]
    [InlineData("spec:\n  backend: {local: {}}\n", "f.yaml, line 5: spec.backend.local.mountPath is missing.")]
    [InlineData("spec:\n  backend: {rest: {uri: x}}\n", "f.yaml, line 5: there is no field spec.backend.rest.uri. Known here: url.")]
    [InlineData("sepc: {}\n", "f.yaml, line 4: there is no field sepc. Known here: apiVersion, kind, metadata, spec, status.")]
    [InlineData("", "f.yaml, line 1: spec is missing.")]
    public void A_mistake_is_named_with_its_line(string text, string message) => Error(Head + text).ShouldBe(message);

    [Theory]
    [InlineData("kind: Restic\n", "f.yaml, line 1: apiVersion is missing: give stash.appscode.com/v1alpha1.")]
    [InlineData("apiVersion: v2\nkind: Restic\n", "f.yaml, line 1: apiVersion is \"v2\": give stash.appscode.com/v1alpha1.")]
    [InlineData("apiVersion: v1\nkind: Secret\n", "f.yaml, line 1: kind is \"Secret\": give Restic or Recovery.")]
    [InlineData("apiVersion: stash.appscode.com/v1alpha1\nkind: Restic\nmetadata: {namespace: a}\nspec: {}\n", "f.yaml, line 1: metadata.name is missing.")]
    [InlineData("- a\n", "f.yaml, line 1: the document is not right: give fields, one per line, as \"name: value\".")]
    [InlineData(Head + "spec: {}\n---\n" + Head + "spec: {}\n", "f.yaml, line 6: there are two Restics named x: give each a name of its own.")]
    public void What_is_no_Restic_is_named(string text, string message) => Error(text).ShouldBe(message);

    [Theory]
    [InlineData("a: [\n")]
    [InlineData("a: b: c\n")]
    [InlineData("\ta: b\n")]
    [InlineData("a: \"b\n")]
    [InlineData("a: {b\n")]
    public void Malformed_YAML_is_one_line(string text)
    {
        Error(text).ShouldStartWith("f.yaml");
        Error(text).ShouldNotContain('\n');
    }

    [Fact]
    public void A_policy_that_is_not_there_is_named_when_it_is_asked_for()
    {
        var restic = Parse(Head + "spec: {fileGroups: [{path: /a, retentionPolicyName: p}], retentionPolicies: [{name: q}, {name: r}]}").Restics[0];
        Should.Throw<UserErrorException>(() => restic.PolicyOf(restic.FileGroups[0])).Message
            .ShouldBe("File group /a names the retention policy \"p\", which spec.retentionPolicies does not have (it has q, r).");
    }

    [Fact]
    public void A_Recovery_is_read()
    {
        var recovery = Parse("""
            apiVersion: stash.appscode.com/v1alpha1
            kind: Recovery
            metadata: {name: back, namespace: prod}
            spec:
              repository: {name: shop, namespace: other}
              snapshot: 1a2b3c4d
              paths: [/source/data]
              recoveredVolumes:
              - mountPath: /source/data
                hostPath: {path: /restored, type: Directory}
              - mountPath: here
                subPath: below
              nodeSelector: {disk: ssd}
            status: {phase: Pending}
            """).Recoveries.ShouldHaveSingleItem();
        recovery.ResticName.ShouldBe("shop");
        recovery.ResticNamespace.ShouldBe("other");
        recovery.Snapshot.ShouldBe("1a2b3c4d");
        recovery.Paths.ShouldBe(["/source/data"]);
        recovery.Targets.ShouldBe(["/restored", "/etc/stash/here/below"]);
    }

    [Fact]
    public void Files_that_cannot_be_read_are_named()
    {
        using TempFolder folder = new();
        Should.Throw<UserErrorException>(() => ResticYaml.Load(folder.In("none"))).Message.ShouldBe($"{folder.In("none")} cannot be read: there is no such file.");
        Should.Throw<UserErrorException>(() => ResticYaml.Load(folder.FullPath)).Message.ShouldBe($"{folder.FullPath} cannot be read: it is a folder.");
    }

    [Theory]
    [InlineData("rest:https://user:pa:ss@host/x", "rest:https://***@host/x")]
    [InlineData("/plain/a@b", "/plain/a@b")]
    public void Repositories_are_shown_without_credentials(string repository, string shown) =>
        new Backend { Repository = repository }.PublicRepository.ShouldBe(shown);

    private static ResticFile Parse(string text) => ResticYaml.Parse(text, "f.yaml", "/etc/stash");

    private static string Error(string text)
    {
        var error = Should.Throw<UserErrorException>(() => Parse(text));
        error.ExitCode.ShouldBe(2);
        return error.Message;
    }
}
