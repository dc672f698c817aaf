using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Text.Json;
using Stash.Core.Api;

namespace Stash.Console.Operator;

/// <summary>Sends the token with every request and turns every way of failing into an <see cref="OperatorException"/>.</summary>
internal sealed class OperatorHandler(OperatorCredentials credentials, Uri address, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    public static readonly HttpRequestOptionsKey<IOperatorToken> TokenKey = new("token");

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        credentials.RequireAuthority();
        var source = request.Options.TryGetValue(TokenKey, out var given) ? given : throw new InvalidOperationException("A request says whose it is.");
        var token = await source.ReadAsync(cancellationToken);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        HttpResponseMessage response;
        try
        {
            response = await base.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException e) when (e.InnerException is AuthenticationException)
        {
            throw new OperatorException(OperatorFailure.Untrusted, $"The operator at {Display} shows a certificate that {credentials.UntrustedRemedy}", inner: e);
        }
        catch (HttpRequestException e)
        {
            throw new OperatorException(OperatorFailure.Unreachable, $"The operator at {Display} does not answer: see that stash run is up and listens there.", inner: e);
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw response.StatusCode == HttpStatusCode.Unauthorized ? source.Refused(token, Display) : Refusal(response.StatusCode, await StatusAsync(response, cancellationToken));
        }
    }

    private string Display => address.GetLeftPart(UriPartial.Authority);

    private OperatorException Refusal(HttpStatusCode code, KubernetesStatus? status)
    {
        var failure = code switch
        {
            HttpStatusCode.Forbidden => OperatorFailure.Forbidden,
            HttpStatusCode.NotFound => OperatorFailure.NotFound,
            HttpStatusCode.Conflict => OperatorFailure.Conflict,
            HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity => OperatorFailure.Invalid,
            HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => OperatorFailure.Unreachable,
            _ => OperatorFailure.Internal,
        };
        var message = status?.Message is { Length: > 0 } text
            ? $"{char.ToUpperInvariant(text[0])}{text[1..]}{(text[^1] == '.' ? "" : ".")}"
            : $"The operator at {Display} could not do it (HTTP {(int)code}): its log tells why.";
        return new OperatorException(failure, message, status?.Details?.Causes);
    }

    private static async Task<KubernetesStatus?> StatusAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            return await response.Content.ReadFromJsonAsync(StashJson.Default.KubernetesStatus, cancellationToken);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or HttpRequestException or IOException)
        {
            return null;
        }
    }
}
