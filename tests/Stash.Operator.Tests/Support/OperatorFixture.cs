namespace Stash.Operator.Tests.Support;

/// <summary>One operator for the tests of a class.</summary>
public sealed class OperatorFixture : IAsyncLifetime
{
    internal OperatorProcess Operator { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Operator = await OperatorProcess.StartAsync();

    public ValueTask DisposeAsync() => Operator.DisposeAsync();
}
