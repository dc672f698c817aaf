using System.Globalization;
using Stash.Core.Sessions;

namespace Stash.Console.Tests.Support;

/// <summary>Sessions to test with.</summary>
internal static class Sessions
{
    private static int _last;

    public static Session Succeeded(string app = "web", string @namespace = "shop", TimeSpan? ago = null, bool sample = false, DateTimeOffset? next = null, string operation = "backup") =>
        Make(app, @namespace, ago ?? TimeSpan.FromMinutes(5), SessionOutcome.Succeeded, null, sample, next, operation);

    public static Session Failed(string app = "web", string @namespace = "shop", TimeSpan? ago = null, string? message = "Fatal: unable to create lock in backend", bool sample = false, string operation = "backup") =>
        Make(app, @namespace, ago ?? TimeSpan.FromMinutes(5), SessionOutcome.Failed, message, sample, null, operation);

    public static RunningSession Running(string id = "running-1", string app = "web", string @namespace = "shop", double? progress = 0.42, bool sample = false, string operation = "backup") => new()
    {
        Id = id,
        Namespace = @namespace,
        App = app,
        Kind = "Deployment",
        Restic = $"{app}-backup",
        Job = $"{@namespace}-{app}-backup",
        Operation = operation,
        StartTime = DateTimeOffset.UtcNow.AddSeconds(-20),
        Path = "/source/data",
        Op = "backup",
        Progress = progress,
        BytesDone = 44_040_192,
        BytesTotal = 104_857_600,
        SecondsRemaining = 95,
        Sample = sample,
    };

    private static Session Make(string app, string @namespace, TimeSpan ago, SessionOutcome outcome, string? message, bool sample, DateTimeOffset? next, string operation)
    {
        var end = DateTimeOffset.FromUnixTimeMilliseconds(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()) - ago;
        return new Session
        {
            Id = string.Create(CultureInfo.InvariantCulture, $"session-{Interlocked.Increment(ref _last)}"),
            Namespace = @namespace,
            App = app,
            Kind = "Deployment",
            Restic = $"{app}-backup",
            Job = $"{@namespace}-{app}-backup",
            Operation = operation,
            Outcome = outcome,
            StartTime = end.AddSeconds(-12.5),
            EndTime = end,
            DurationSeconds = 12.5,
            FileGroups = [new FileGroupOperation("/source/data", "backup", 9.5), new FileGroupOperation("/source/data", "forget", 3)],
            Message = message,
            NextRunTime = next,
            Sample = sample,
        };
    }
}
