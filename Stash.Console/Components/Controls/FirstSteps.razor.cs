using Microsoft.AspNetCore.Components;
using Stash.Console.Operator;
using Stash.Core.Configuration;

namespace Stash.Console.Components.Controls;

/// <summary>For a journal without a session: how the first one comes about.</summary>
public sealed partial class FirstSteps : IDisposable
{
    private readonly CancellationTokenSource _gone = new();
    private string? _gateway;

    [Inject]
    public required StashOptions Options { get; set; }

    [Inject]
    public required OperatorClient Operator { get; set; }

    /// <summary>As the operator tells it; else as configured here.</summary>
    private string GatewayUrl => _gateway ?? $"http://{new System.Net.IPEndPoint(Options.Gateway.Address.ForClients, Options.Gateway.Address.Port)}";

    protected override async Task OnInitializedAsync()
    {
        if (!RendererInfo.IsInteractive)
        {
            return;
        }

        try
        {
            var told = await Operator.GroupsAsync(_gone.Token);
            _gateway = told.Gateway.Length > 0 ? $"{told.Scheme}://{told.Gateway}" : null;
        }
        catch (Exception e) when (e is OperatorException or OperationCanceledException)
        {
            // The page says that the operator is away; what is configured stands meanwhile.
        }
    }

    public void Dispose()
    {
        _gone.Cancel();
        _gone.Dispose();
    }
}
