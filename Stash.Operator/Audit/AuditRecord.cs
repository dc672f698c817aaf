using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Stash.Operator.Audit;

/// <summary>What a handler tells the audit log of the change that it makes; a feature of the request.</summary>
internal sealed class AuditRecord
{
    /// <summary>How it was; null where that is not known.</summary>
    public JsonElement? Before { get; private set; }

    /// <summary>How it is; null where nothing was changed.</summary>
    public JsonElement? After { get; private set; }

    /// <summary>Says what was changed; without secrets.</summary>
    /// <param name="context">The request; where it is not audited, nothing happens.</param>
    /// <param name="before">Null where it is not known, or there was nothing.</param>
    /// <param name="after">Null where there is nothing any more.</param>
    /// <param name="type">Of both.</param>
    public static void Changed<T>(HttpContext context, T? before, T? after, JsonTypeInfo<T> type)
        where T : class
    {
        if (context.Features.Get<AuditRecord>() is { } record)
        {
            record.Before = before is null ? null : JsonSerializer.SerializeToElement(before, type);
            record.After = after is null ? null : JsonSerializer.SerializeToElement(after, type);
        }
    }
}
