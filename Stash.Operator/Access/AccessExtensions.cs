using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Stash.Core.Kubernetes;
using Stash.Operator.Health;

namespace Stash.Operator.Access;

/// <summary>Who may: ASP.NET's authentication and authorization, for every endpoint that is not open to all, and for paths where nothing is.</summary>
internal static class AccessExtensions
{
    /// <param name="services">The host's.</param>
    /// <param name="files">Tokens that are not the cluster's.</param>
    /// <param name="cluster">Null where there is none.</param>
    public static void AddStashAccess(this IServiceCollection services, TokenFiles files, KubernetesConnection? cluster)
    {
        services.AddSingleton(files).AddSingleton(p => p.GetRequiredService<Core.Configuration.StashOptions>().Api)
            .AddSingleton<FailedTries>().AddSingleton<AccessMetrics>().AddSingleton<AccessRights>().AddSingleton<IAuthorizationHandler, AccessAuthorizationHandler>();
        if (cluster is not null)
        {
            services.AddSingleton(_ => cluster).AddSingleton<ClusterRequests>().AddSingleton<ClusterReviews>()
                .AddSingleton<ClusterAuthorities>().AddHostedService(p => p.GetRequiredService<ClusterAuthorities>());
            services.AddHealthChecks().AddCheck<KubernetesHealthCheck>("kubernetes", tags: [HealthTags.Ready]);
        }

        // Not AddAuthentication: it brings data protection, which makes key files that nothing here needs.
        services.AddAuthenticationCore(o => o.DefaultScheme = AccessAuthenticationHandler.SchemeName);
        services.AddWebEncoders();
        new AuthenticationBuilder(services).AddScheme<AuthenticationSchemeOptions, AccessAuthenticationHandler>(AccessAuthenticationHandler.SchemeName, null);
        services.AddAuthorizationBuilder().SetFallbackPolicy(
            new AuthorizationPolicyBuilder(AccessAuthenticationHandler.SchemeName).RequireAuthenticatedUser().AddRequirements(new AccessRequirement()).Build());
    }

    /// <summary>Open to everybody who is known, whatever they may.</summary>
    public static TBuilder ToWhoeverIsKnown<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder =>
        builder.RequireAuthorization(new AuthorizationPolicyBuilder(AccessAuthenticationHandler.SchemeName).RequireAuthenticatedUser().Build());

    /// <summary>Every request that is refused would be a line or two.</summary>
    public static void QuietenAccess(this ILoggingBuilder logging)
    {
        logging.AddFilter(typeof(AccessAuthenticationHandler).FullName, LogLevel.Warning);
        logging.AddFilter("Microsoft.AspNetCore.Authorization", LogLevel.Warning);
    }
}
