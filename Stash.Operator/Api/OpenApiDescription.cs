using System.Reflection;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Stash.Core.Api;

namespace Stash.Operator.Api;

/// <summary>Title, version and the bearer token in the OpenAPI document, and the query parameters that endpoints read themselves.</summary>
internal sealed class OpenApiDescription : IOpenApiDocumentTransformer
{
    public Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Stash operator",
            Version = typeof(OpenApiDescription).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0],
            Description = "Sessions, groups and monitoring settings. The token is in the file api-token of the operator's data folder; in a cluster it is one that the cluster knows, and a client certificate will do in either. "
                + "401: the client is not known. 403: it may not do this. 429: too many wrong credentials from its address, or too many requests at once. 503: the cluster cannot be asked who may. 429 and 503 tell in Retry-After when to come again.",
        };
        document.Servers = [];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
        {
            ["token"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer" },
        };
        document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("token", document)] = [] }];
        return Task.CompletedTask;
    }
}

internal static class DescriptionExtensions
{
    /// <summary>Describes what every endpoint answers to whom it does not let in.</summary>
    public static RouteGroupBuilder WithAccessAnswers(this RouteGroupBuilder endpoints)
    {
        foreach (var code in new[] { StatusCodes.Status401Unauthorized, StatusCodes.Status403Forbidden, StatusCodes.Status429TooManyRequests, StatusCodes.Status503ServiceUnavailable })
        {
            endpoints.WithMetadata(new ProducesResponseTypeMetadata(code, typeof(KubernetesStatus), ["application/json"]));
        }

        return endpoints;
    }

    /// <summary>Describes query parameters that the handler reads from the request itself.</summary>
    public static RouteHandlerBuilder WithParameters(this RouteHandlerBuilder endpoint, (string Name, string Description)[] parameters) =>
        endpoint.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            operation.Parameters ??= [];
            foreach (var (name, description) in parameters)
            {
                operation.Parameters.Add(new OpenApiParameter
                {
                    Name = name,
                    In = ParameterLocation.Query,
                    Description = description,
                    Schema = new OpenApiSchema { Type = name is "limit" or "bucketSeconds" ? JsonSchemaType.Integer : JsonSchemaType.String },
                });
            }

            return Task.CompletedTask;
        });
}
