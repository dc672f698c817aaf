using System.Net;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.WebUtilities;
using Stash.Console.SignIn;
using Stash.Console.SignIn.Oidc;
using Stash.Core.Configuration;

namespace Stash.Console.Components.Pages;

/// <summary>For those who are not signed in: says how to. Rendered once, without a live connection.</summary>
public sealed partial class SignInPage
{
    private const string TokenCommand = "kubectl create token SERVICE_ACCOUNT --namespace NAMESPACE --duration 8h";

    [Inject]
    public required StashOptions Options { get; set; }

    [Inject]
    public required DataFolder Folder { get; set; }

    [Inject]
    public required IHttpContextAccessor Context { get; set; }

    [Parameter, EditorRequired]
    public required SignInProblem Problem { get; set; }

    /// <summary>More of the problem: a sentence, or the name of who may not.</summary>
    [Parameter]
    public string Detail { get; set; } = "";

    [Parameter, EditorRequired]
    public required string ReturnUrl { get; set; }

    /// <summary>The whole path is told to this machine only: it often holds a user's name.</summary>
    private string LinkFile => IsOnThisMachine ? SignInLink.FileIn(Folder) : "DATA_FOLDER/console-link";

    private bool IsOnThisMachine => Context.HttpContext?.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address);

    /// <summary>Whether others could read what is sent: no TLS, and not from this machine, by whatever is in front.</summary>
    private bool IsReadable => Context.HttpContext?.Request is { IsHttps: false } request && !(IsOnThisMachine && request.Host.Host is "localhost" or "127.0.0.1" or "[::1]");

    private string ProviderHref => QueryHelpers.AddQueryString(OidcSignIn.Path, SignInEndpoints.ReturnParameter, ReturnUrl);

    private bool IsToken => Options.Console.SignIn == ConsoleOptions.TokenSignIn;

    private string ProblemText => Problem switch
    {
        SignInProblem.None => "",
        SignInProblem.Wrong when !Options.Console.IsPersonal => "This link is not valid any more: each link signs in once. Take the current one.",
        SignInProblem.Wrong when IsToken => "The cluster does not know this token, or it has expired. Make a new one.",
        SignInProblem.Wrong => "The provider knows you, and the cluster does not: it takes no token of this provider and client, or none that names you. Ask whoever runs the cluster (kube-apiserver's --oidc-… flags).",
        SignInProblem.TooMany when IsToken => "Too many wrong tokens came from your address. Wait a minute, then try again.",
        SignInProblem.TooMany => "Too many wrong links came from your address. Wait a minute, then take the current link.",
        SignInProblem.Expired => IsToken ? "Your sign-in has ended: the token came to its end, or the cluster does not take it any more." : "Your sign-in has ended. Sign in again.",
        SignInProblem.NotAllowed => $"The cluster knows you as {Detail}, and you may look at nothing here. Ask for the ClusterRole stash-monitoring-view.",
        SignInProblem.Denied => "The provider did not let you in.",
        SignInProblem.ProviderFailed when Detail.Length == 0 => "The sign-in could not be finished: it was begun too long ago or in another browser, or the provider did not answer as it should. Begin again; the console's log tells more.",
        _ => Detail,
    };
}
