namespace Stash.Operator.Monitoring;

/// <summary>Whether this process is the one that puts settings into effect.</summary>
internal interface ILeadership
{
    bool IsLeader { get; }

    /// <summary>Who leads, as health and metrics tell it; empty for nobody.</summary>
    string Leader { get; }

    /// <summary>What keeps this process from standing for election; null where nothing does.</summary>
    string? Problem { get; }
}

/// <summary>The lock on the data folder lets no second operator in: who has it leads.</summary>
internal sealed class SoleOperator : ILeadership
{
    public bool IsLeader => true;

    public string Leader => "this process: it holds the data folder's lock";

    public string? Problem => null;
}
