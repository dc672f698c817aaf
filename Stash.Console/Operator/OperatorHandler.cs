using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Text.Json;
using Stash.Core.Api;

namespace Stash.Console.Operator;

/// <summary>Sends the token with every request and turns every way of failing into an <see cref="OperatorException"/>.</summary>
internal sealed class OperatorHandler(OperatorCredentials credentials, Uri address, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        credentials.RequireAuthority();
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", credentials.Token());
        HttpResponseMessage response;
        try
        {
            response = await base.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException e) when (e.InnerException is AuthenticationException)
        {
            throw new OperatorException(OperatorFailure.Untrusted, $"The operator at {Display} shows a certificate that the data folder's ca.crt has not signed for this address: use the data folder that this operator runs with.", inner: e);
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
            throw Refusal(response.StatusCode, await StatusAsync(response, cancellationToken));
        }
    }

    private string Display => address.GetLeftPart(UriPartial.Authority);

    private OperatorException Refusal(HttpStatusCode code, KubernetesStatus? status)
    {
        var failure = code switch
        {
            HttpStatusCode.Unauthorized => OperatorFailure.Unauthorized,
            HttpStatusCode.Forbidden => OperatorFailure.Forbidden,
            HttpStatusCode.NotFound => OperatorFailure.NotFound,
            HttpStatusCode.Conflict => OperatorFailure.Conflict,
            HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity => OperatorFailure.Invalid,
            HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => OperatorFailure.Unreachable,
            _ => OperatorFailure.Internal,
        };
        var message = failure switch
        {
            OperatorFailure.Unauthorized => $"The operator at {Display} does not take the token of this data folder: use the data folder that this operator runs with.",
            _ => status?.Message is { Length: > 0 } text
                ? $"{char.ToUpperInvariant(text[0])}{text[1..]}{(text[^1] == '.' ? "" : ".")}"
                : $"The operator at {Display} could not do it (HTTP {(int)code}): its log tells why.",
        };
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
