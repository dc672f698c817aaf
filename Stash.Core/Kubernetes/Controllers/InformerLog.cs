using Microsoft.Extensions.Logging;

namespace Stash.Core.Kubernetes.Controllers;

internal static partial class InformerLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Watching {Objects}: {Problem} It is tried again. ({Detail})")]
    public static partial void Problem(ILogger logger, string objects, string problem, string detail);

    [LoggerMessage(Level = LogLevel.Information, Message = "Watching {Objects} goes on. No more so: {Problem}")]
    public static partial void Solved(ILogger logger, string objects, string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "The API server no longer has the changes of {Objects} since they were last seen: they are listed anew")]
    public static partial void Expired(ILogger logger, string objects);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Name} of {Resource} cannot be read and is passed over: see that its fields are of the types that its definition gives them")]
    public static partial void Unreadable(ILogger logger, Exception exception, string name, string resource);

    [LoggerMessage(Level = LogLevel.Error, Message = "A change of {Objects} was not taken in")]
    public static partial void SubscriberFailed(ILogger logger, Exception exception, string objects);
}
