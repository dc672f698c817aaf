using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Stash.Core.Configuration;

/// <summary>The sources of the configuration, each over the one before: <c>appsettings.json</c> beside the program, another file, the environment, flags.</summary>
public static class StashConfiguration
{
    /// <param name="file">A further JSON file; null for none.</param>
    /// <param name="flags">Keys and values given on the command line.</param>
    /// <exception cref="UserErrorException">A file is missing or not JSON, or a log level is none.</exception>
    public static IConfigurationRoot Build(string? file, IEnumerable<KeyValuePair<string, string?>> flags)
    {
        var builder = new ConfigurationBuilder().AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true);
        if (file is not null)
        {
            builder.AddJsonFile(file, optional: false);
        }

        try
        {
            var configuration = builder.AddEnvironmentVariables().AddInMemoryCollection(flags).Build();
            CheckLogLevels(configuration);
            return configuration;
        }
        catch (FileNotFoundException e)
        {
            throw new UserErrorException($"There is no configuration file {file}: give one that exists with --config.", exitCode: 2, inner: e);
        }
        catch (Exception e) when (e is InvalidDataException or FormatException)
        {
            var wrong = file is not null && e.Message.Contains(file, StringComparison.Ordinal) ? file : Path.Combine(AppContext.BaseDirectory, "appsettings.json");
            Exception? cause = e;
            while (cause is not null and not JsonException)
            {
                cause = cause.InnerException;
            }

            var place = (cause as JsonException)?.LineNumber is { } line ? string.Create(CultureInfo.InvariantCulture, $"look at line {line + 1}") : "check its braces and commas";
            throw new UserErrorException($"{wrong} is not JSON: {place}.", inner: e);
        }
    }

    private static void CheckLogLevels(IConfiguration configuration)
    {
        foreach (var level in configuration.GetSection("Logging:LogLevel").GetChildren())
        {
            if (!Enum.GetNames<LogLevel>().Contains(level.Value, StringComparer.OrdinalIgnoreCase))
            {
                throw new UserErrorException($"{level.Path} is \"{level.Value}\": give one of {string.Join(", ", Enum.GetNames<LogLevel>())}.");
            }
        }
    }
}
