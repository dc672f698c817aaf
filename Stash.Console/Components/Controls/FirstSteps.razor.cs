using Microsoft.AspNetCore.Components;
using Stash.Core.Configuration;

namespace Stash.Console.Components.Controls;

/// <summary>For a journal without a session: how the first one comes about.</summary>
public sealed partial class FirstSteps
{
    [Inject]
    public required StashOptions Options { get; set; }

    private string GatewayUrl => $"http://{new System.Net.IPEndPoint(Options.Gateway.Address.ForClients, Options.Gateway.Address.Port)}";
}
