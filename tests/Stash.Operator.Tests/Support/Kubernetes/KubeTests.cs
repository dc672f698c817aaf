namespace Stash.Operator.Tests.Support.Kubernetes;

/// <summary>The tests that share one cluster, one after the other. Those of another collection have another cluster, at the same time.</summary>
[CollectionDefinition(Name)]
public sealed class KubeTests : ICollectionFixture<KubeCluster>
{
    public const string Name = "Kubernetes";
}

/// <summary>The tests that stop their cluster's API server, hold it up, or have it forget its history.</summary>
[CollectionDefinition(Name)]
public sealed class KubeOutageTests : ICollectionFixture<KubeCluster>
{
    public const string Name = "Kubernetes outages";
}

/// <summary>The tests of who may on the operator's endpoint, and what it does while it cannot ask.</summary>
[CollectionDefinition(Name)]
public sealed class KubeAccessTests : ICollectionFixture<KubeCluster>
{
    public const string Name = "Kubernetes access";
}

/// <summary>The tests of the controller of the settings: each has an operator of its own.</summary>
[CollectionDefinition(Name)]
public sealed class KubeControllerTests : ICollectionFixture<KubeCluster>
{
    public const string Name = "Kubernetes controller";
}

/// <summary>The tests that walk through all settings, in a cluster where nothing else is.</summary>
[CollectionDefinition(Name)]
public sealed class KubeWalkTests : ICollectionFixture<AuditedCluster>
{
    public const string Name = "Kubernetes walk";
}

/// <summary>A cluster that keeps each request of a service account, whole.</summary>
public sealed class AuditedCluster : KubeCluster
{
    private protected override string AuditRule => "{level: Request, userGroups: [\"system:serviceaccounts\"]}";
}
