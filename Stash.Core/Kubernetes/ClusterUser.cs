namespace Stash.Core.Kubernetes;

/// <summary>Who asks the cluster, in the words of messages.</summary>
public sealed record ClusterUser
{
    private ClusterUser()
    {
    }

    /// <summary>The operator, with its service account.</summary>
    public static ClusterUser Operator { get; } = new()
    {
        May = "The operator may not",
        Known = "the operator",
        Credentials = "its service account or kubeconfig",
        HasNot = "it does not have it itself",
        Ask = "give its service account",
    };

    /// <summary>Whoever reads the message, with a kubeconfig.</summary>
    public static ClusterUser You { get; } = new()
    {
        May = "You may not",
        Known = "you",
        Credentials = "your kubeconfig",
        HasNot = "you do not have it yourself",
        Ask = "ask an administrator of the cluster for",
    };

    /// <summary>Begins what a missing right forbids.</summary>
    public required string May { get; init; }

    /// <summary>Whom the API server does not know.</summary>
    public required string Known { get; init; }

    /// <summary>What proves who it is.</summary>
    public required string Credentials { get; init; }

    /// <summary>Why a right cannot be given on.</summary>
    public required string HasNot { get; init; }

    /// <summary>Begins the remedy for a missing right.</summary>
    public required string Ask { get; init; }
}
