using Stash.Console.History;
using Stash.Console.Operator;
using Stash.Console.Tests.Support;

namespace Stash.Console.Tests.History;

public sealed class SessionModelTests
{
    [Fact]
    public async Task An_answer_from_before_the_end_does_not_call_an_ended_session_running()
    {
        await using var operatorDouble = await OperatorDouble.StartAsync([]);
        operatorDouble.Report(Sessions.Running());
        var gate = new TaskCompletionSource();
        operatorDouble.Gate = gate.Task;
        var client = operatorDouble.NewClient();
        var model = new SessionModel(client, TimeProvider.System);

        var loading = model.LoadAsync("running-1", () => { }, TestContext.Current.CancellationToken);
        model.Apply(new LiveChange.SessionEnded("running-1"));
        gate.SetResult();
        await loading;

        model.Running.ShouldNotBeNull();
        model.HasFallenSilent.ShouldBeTrue();
    }
}
