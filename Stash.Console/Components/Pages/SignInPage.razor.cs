using System.Net;
using Microsoft.AspNetCore.Components;
using Stash.Console.SignIn;

namespace Stash.Console.Components.Pages;

/// <summary>For those who come without a link: says how to get one. Rendered once, without a live connection.</summary>
public sealed partial class SignInPage
{
    [Inject]
    public required SignInLink Link { get; set; }

    [Inject]
    public required IHttpContextAccessor Context { get; set; }

    [Parameter, EditorRequired]
    public required SignInProblem Problem { get; set; }

    [Parameter, EditorRequired]
    public required string ReturnUrl { get; set; }

    /// <summary>The whole path is told to this machine only: it often holds a user's name.</summary>
    private string LinkFile =>
        Context.HttpContext?.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address) ? Link.File : "DATA_FOLDER/console-link";
}
