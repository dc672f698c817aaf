using System.Text;
using Stash.Core;
using Stash.Core.Configuration.Web;
using Stash.Operator.Files;
using Stash.Operator.Tls;

namespace Stash.Operator.Gateway.Access;

/// <summary>The web configuration of the moment. Users, headers and certificates change with the file; whether there is TLS does not.</summary>
internal sealed partial class WebConfigSource
{
    private readonly Watched<State> _watched;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private bool? _hasTls;

    /// <exception cref="UserErrorException">The file or one that it names cannot be used.</exception>
    public WebConfigSource(string path, TimeProvider time, ILogger logger)
    {
        (_time, _logger) = (time, logger);
        _watched = new Watched<State>([path], contents => Read(path, contents[0]), time, logger);
    }

    public WebConfig Current => _watched.Current.Config;

    /// <summary>Null for plain HTTP.</summary>
    public ServerTls? Tls => _watched.Current.Tls;

    private State Read(string path, byte[] content)
    {
        var config = WebConfigYaml.Read(Encoding.UTF8.GetString(content), path);
        if (_hasTls is { } had && had != (config.Tls is not null))
        {
            throw new UserErrorException($"{path} {(had ? "has no tls_server_config any more" : "has a tls_server_config now")}: start again to have that.");
        }

        ServerTls? tls = null;
        if (config.Tls is { } given)
        {
            tls = new ServerTls(given, config.Http2, _time, _logger);
            if (given.Key.File is { } key && SecretFiles.IsForEveryone(key))
            {
                LogForEveryone(_logger, key);
            }

            foreach (var unsupported in given.Unsupported)
            {
                LogUnsupported(_logger, path, unsupported);
            }
        }

        if ((config.Users.Count > 0 || config.Tls?.Key.Text is not null) && SecretFiles.IsForEveryone(path))
        {
            LogForEveryone(_logger, path);
        }

        _hasTls = config.Tls is not null;
        return new State(config, tls);
    }

    private sealed record State(WebConfig Config, ServerTls? Tls);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{File} holds secrets and can be read by every user of this machine: make it this user's alone with chmod 600")]
    private static partial void LogForEveryone(ILogger logger, string file);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{File}: {Unsupported} is not done")]
    private static partial void LogUnsupported(ILogger logger, string file, string unsupported);
}
