using Stash.Core.Api;

namespace Stash.Console.People;

/// <summary>What is looked at.</summary>
public enum Sight
{
    Sessions,

    Settings,
}

/// <summary>What somebody has to be allowed to look at, to see a page.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class NeedsAttribute(Sight sight) : Attribute
{
    public Sight Sight => sight;

    public bool IsMet(WhoMay may) => sight switch
    {
        Sight.Sessions => may.ViewSessions,
        _ => may.ViewSettings,
    };
}
