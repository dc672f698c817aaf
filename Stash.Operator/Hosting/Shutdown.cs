namespace Stash.Operator.Hosting;

/// <summary>Whether the process is to end.</summary>
internal sealed class Shutdown
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>True from the moment at which somebody asked for it: nobody is to send anything more here.</summary>
    public bool IsUnderWay => _asked.Task.IsCompleted;

    /// <summary>Done once somebody has asked.</summary>
    public Task Asked => _asked.Task;

    /// <summary>Asks for an orderly end: a signal, or a request to quit.</summary>
    public void Ask() => _asked.TrySetResult();
}
