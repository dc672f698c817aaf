# Two images from one file: docker build --target operator . and docker build --target console .
# Both run as user 1654 (app) on a read-only file system; state is in /data, scratch in /tmp: mount both.

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
RUN apt-get update && apt-get install -y --no-install-recommends nodejs npm && rm -rf /var/lib/apt/lists/*
WORKDIR /src
ENV CI=true DOTNET_CLI_TELEMETRY_OPTOUT=1
# What restores changes seldom: a layer of its own.
COPY global.json Directory.Build.props Directory.Build.targets Directory.Packages.props .editorconfig appsettings.json ./
COPY Stash.Core/Stash.Core.csproj Stash.Core/packages.lock.json Stash.Core/
COPY Stash.Operator/Stash.Operator.csproj Stash.Operator/packages.lock.json Stash.Operator/
COPY Stash.Console/Stash.Console.csproj Stash.Console/packages.lock.json Stash.Console/package.json Stash.Console/package-lock.json Stash.Console/
RUN dotnet restore Stash.Operator/Stash.Operator.csproj --use-current-runtime && dotnet restore Stash.Console/Stash.Console.csproj --use-current-runtime
COPY Stash.Core Stash.Core
COPY Stash.Operator Stash.Operator
COPY Stash.Console Stash.Console
RUN dotnet publish Stash.Operator -c Release --no-restore --use-current-runtime -o /out/operator \
 && dotnet publish Stash.Console -c Release --no-restore --use-current-runtime -o /out/console

FROM mcr.microsoft.com/dotnet/aspnet:10.0 AS base
ENV DOTNET_EnableDiagnostics=0 DOTNET_CLI_TELEMETRY_OPTOUT=1 Stash__DataDirectory=/data XDG_STATE_HOME=/data/state XDG_CACHE_HOME=/tmp/cache
RUN mkdir /data && chown app:app /data
VOLUME /data
WORKDIR /app

# The operator is the sidecar's image too: it has restic.
FROM base AS operator
RUN apt-get update && apt-get install -y --no-install-recommends restic ca-certificates && rm -rf /var/lib/apt/lists/*
COPY --from=build /out/operator ./
USER app
EXPOSE 56789 8443
ENTRYPOINT ["/app/stash"]
CMD ["run", "--gateway-address", ":56789", "--api-address", ":8443"]

FROM base AS console
COPY --from=build /out/console ./
USER app
EXPOSE 56780
ENTRYPOINT ["/app/Stash.Console"]
CMD ["--urls", "http://*:56780"]
