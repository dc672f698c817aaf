using System.Net;
using System.Security.Claims;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Stash.Console.Operator;
using Stash.Console.People;
using Stash.Core.Configuration;

namespace Stash.Console.SignIn.Oidc;

/// <summary>What the provider is asked beside the way that ASP.NET's handler goes: next tokens, and the end.</summary>
public sealed partial class OidcProvider(IOptionsMonitor<OpenIdConnectOptions> handler, StashOptions options, TimeProvider time, ILogger<OidcProvider> logger)
{
    /// <summary>A sentence for whoever wants to sign in.</summary>
    public string AwayText => $"The provider at {options.Console.Oidc.Authority!.GetLeftPart(UriPartial.Authority)} does not answer as it should: try again, and see the console's log.";

    private OpenIdConnectOptions Handler => handler.Get(OidcSignIn.Scheme);

    /// <summary>Whether its description can be had.</summary>
    public async Task<bool> IsThereAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Handler.ConfigurationManager!.GetConfigurationAsync(cancellationToken);
            return true;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogAway(e.GetType().Name, options.Console.Oidc.Authority!);
            LogDetails(e);
            return false;
        }
    }

    /// <summary>What the pages call somebody; null where the options leave that to the cluster.</summary>
    public string? NameOf(ClaimsPrincipal user) => options.Console.Oidc.NameClaim is { } claim ? user.FindFirst(claim)?.Value : null;

    /// <summary>Tells the log why nobody was let in: the provider's word, if it is one, never a text of its own.</summary>
    public void Tell(Exception? failure)
    {
        var error = failure?.Data["error"] as string ?? "";
        LogFailed(Word().IsMatch(error) ? error : failure?.GetType().Name ?? "unknown");
        LogDetails(failure);
    }

    /// <summary>The next tokens, by the refresh token.</summary>
    /// <exception cref="OperatorException">They cannot be had.</exception>
    public async Task<PersonTokens> RenewAsync(PersonTokens tokens, CancellationToken cancellationToken)
    {
        try
        {
            var configuration = await Handler.ConfigurationManager!.GetConfigurationAsync(cancellationToken);
            using var form = Form(new("grant_type", "refresh_token"), new("refresh_token", tokens.Refresh!));
            using var answer = await Handler.Backchannel.PostAsync(new Uri(configuration.TokenEndpoint), form, cancellationToken);
            var text = await answer.Content.ReadAsStringAsync(cancellationToken);
            if (answer.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized)
            {
                LogNotRenewed((int)answer.StatusCode);
                throw Person.Ended();
            }

            answer.EnsureSuccessStatusCode();
            OpenIdConnectMessage message = new(text);
            if (string.IsNullOrEmpty(message.IdToken))
            {
                // Without one there is nothing to show the cluster: what there is lasts to its end.
                return new PersonTokens(tokens.Bearer, null, time.GetUtcNow());
            }

            return await IsOfTheSameAsync(message.IdToken, tokens.Bearer, configuration)
                ? new PersonTokens(message.IdToken, string.IsNullOrEmpty(message.RefreshToken) ? tokens.Refresh : message.RefreshToken, time.GetUtcNow())
                : throw Person.Ended();
        }
        catch (Exception e) when (e is HttpRequestException or InvalidOperationException or OperationCanceledException or IOException or JsonException or ArgumentException)
        {
            LogAway(e.GetType().Name, options.Console.Oidc.Authority!);
            LogDetails(e);
            throw new OperatorException(OperatorFailure.Unreachable, $"Your sign-in cannot be renewed at the moment. {AwayText}", inner: e);
        }
    }

    /// <summary>Ends a refresh token, as well as that goes.</summary>
    /// <param name="tokens">Of the sign-in; null where it has ended before.</param>
    /// <param name="backTo">The page after it.</param>
    /// <param name="cancellationToken">Ends the asking.</param>
    /// <returns>Where the provider ends its own session; null where it says no such place. No token is in it.</returns>
    public async Task<string?> EndAsync(PersonTokens? tokens, string backTo, CancellationToken cancellationToken)
    {
        try
        {
            var configuration = await Handler.ConfigurationManager!.GetConfigurationAsync(cancellationToken);
            if (tokens?.Refresh is { } refresh && Uri.TryCreate(configuration.RevocationEndpoint, UriKind.Absolute, out var revocation))
            {
                using var form = Form(new("token", refresh), new("token_type_hint", "refresh_token"));
                using var answer = await Handler.Backchannel.PostAsync(revocation, form, cancellationToken);
            }

            return string.IsNullOrEmpty(configuration.EndSessionEndpoint)
                ? null
                : new OpenIdConnectMessage { IssuerAddress = configuration.EndSessionEndpoint, ClientId = options.Console.Oidc.ClientId, PostLogoutRedirectUri = backTo }.CreateLogoutRequestUrl();
        }
        catch (Exception e) when (e is HttpRequestException or InvalidOperationException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            LogAway(e.GetType().Name, options.Console.Oidc.Authority!);
            LogDetails(e);
            return null;
        }
    }

    /// <summary>The form, by which the client says who it is.</summary>
    private FormUrlEncodedContent Form(params KeyValuePair<string, string>[] fields)
    {
        List<KeyValuePair<string, string>> all = [.. fields, new("client_id", options.Console.Oidc.ClientId)];
        if (Handler.ClientSecret is { } secret)
        {
            all.Add(new("client_secret", secret));
        }

        return new FormUrlEncodedContent(all);
    }

    private async Task<bool> IsOfTheSameAsync(string next, string before, OpenIdConnectConfiguration configuration)
    {
        var parameters = Handler.TokenValidationParameters.Clone();
        parameters.ValidIssuer = configuration.Issuer;
        parameters.IssuerSigningKeys = configuration.SigningKeys;
        var result = await Handler.TokenHandler.ValidateTokenAsync(next, parameters);
        if (result.IsValid && result.SecurityToken is JsonWebToken token && token.Subject == new JsonWebTokenHandler().ReadJsonWebToken(before).Subject)
        {
            return true;
        }

        LogForeign(result.Exception?.GetType().Name ?? "another subject");
        return false;
    }

    [GeneratedRegex("^[a-z_]{1,60}$", RegexOptions.NonBacktracking)]
    private static partial Regex Word();

    [LoggerMessage(Level = LogLevel.Warning, Message = "The sign-in provider {Authority} does not answer as it should ({Type}): see that it is up, that its certificate is trusted (Stash:Console:Oidc:CaFile), and that Stash:Console:Oidc:Authority is its issuer")]
    private partial void LogAway(string type, Uri authority);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A sign-in by the provider did not come about: {Error}")]
    private partial void LogFailed(string error);

    [LoggerMessage(Level = LogLevel.Information, Message = "The provider gives no next token for a sign-in (HTTP {Code}): it has ended")]
    private partial void LogNotRenewed(int code);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The provider gave a next token that is not of the same person, or not good ({Why}): that sign-in is ended")]
    private partial void LogForeign(string why);

    [LoggerMessage(Level = LogLevel.Debug, Message = "What went wrong with the sign-in provider")]
    private partial void LogDetails(Exception? exception);
}
