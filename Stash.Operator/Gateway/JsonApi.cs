using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Stash.Core.Configuration;
using Stash.Core.Exposition;
using Stash.Core.Gateway;

namespace Stash.Operator.Gateway;

/// <summary><c>/api/v1/</c>: the groups and the state of the gateway as JSON, named, nested and sorted as the reference's.</summary>
internal sealed class JsonApi(GroupStore store, StashOptions options, TimeProvider time)
{
    private const int FlushBytes = 1 << 16;
    private const string LabelsKey = "labels";
    private const string SuccessKey = "last_push_successful";

    /// <summary>It is read by programs, never put into a page: nothing but JSON's own needs escapes.</summary>
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly DateTimeOffset _start = time.GetUtcNow();

    public static Task OptionsAsync(HttpContext context, string path)
    {
        AllowOtherSites(context);
        return Task.CompletedTask;
    }

    public async Task StatusAsync(HttpContext context, string path)
    {
        AllowOtherSites(context);
        context.Response.ContentType = "application/json";
        await using Utf8JsonWriter json = new(context.Response.BodyWriter, Writing);
        json.WriteStartObject();
        json.WriteString("status"u8, "success"u8);
        json.WriteStartObject("data"u8);
        WriteTexts(json, "build_information", GatewayStatus.Build());
        WriteTexts(json, "flags", GatewayStatus.Flags(options));
        json.WriteString("start_time"u8, TimeText(_start));
        json.WriteEndObject();
        json.WriteEndObject();
        await json.FlushAsync(context.RequestAborted);
    }

    public async Task MetricsAsync(HttpContext context, string path)
    {
        await store.ReadAsync(view => SendAsync(context, view), context.RequestAborted);
    }

    private static async Task SendAsync(HttpContext context, StoreView view)
    {
        AllowOtherSites(context);
        context.Response.ContentType = "application/json";
        var output = context.Response.BodyWriter;
        await using Utf8JsonWriter json = new(output, Writing);
        json.WriteStartObject();
        json.WriteString("status"u8, "success"u8);
        json.WriteStartArray("data"u8);
        foreach (var group in view.Groups())
        {
            WriteGroup(json, group);
            if (json.BytesPending + output.UnflushedBytes > FlushBytes)
            {
                await json.FlushAsync(context.RequestAborted);
                await output.FlushAsync(context.RequestAborted);
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
        await json.FlushAsync(context.RequestAborted);
    }

    private static void AllowOtherSites(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.AccessControlAllowHeaders = "Accept, Authorization, Content-Type, Origin";
        headers.AccessControlAllowMethods = "GET, POST, DELETE, OPTIONS";
        headers.AccessControlAllowOrigin = "*";
        headers.AccessControlExposeHeaders = "Date";
        headers.CacheControl = "no-cache, no-store, must-revalidate";
        headers.XContentTypeOptions = "nosniff";
    }

    private static void WriteGroup(Utf8JsonWriter json, GroupView group)
    {
        json.WriteStartObject();
        var (labels, success) = (false, false);
        foreach (var family in group.Families())
        {
            // The keys of a group stand among the names of its families, sorted; a family of the same name goes before, as in the reference.
            if (!labels && string.CompareOrdinal(family.Name, LabelsKey) > 0)
            {
                WriteLabels(json, group.Labels);
                labels = true;
            }

            if (!success && string.CompareOrdinal(family.Name, SuccessKey) > 0)
            {
                WriteSuccess(json, group);
                success = true;
            }

            labels |= family.Name == LabelsKey;
            success |= family.Name == SuccessKey;
            WriteFamily(json, family, TimeOf(family.Name, group));
        }

        if (!labels)
        {
            WriteLabels(json, group.Labels);
        }

        if (!success)
        {
            WriteSuccess(json, group);
        }

        json.WriteEndObject();
    }

    private static void WriteSuccess(Utf8JsonWriter json, GroupView group) =>
        json.WriteBoolean(SuccessKey, group.PushTime is { } push && (group.FailureTime is not { } failure || push > failure));

    private static DateTimeOffset TimeOf(string family, GroupView group) =>
        (family == "push_failure_time_seconds" ? group.FailureTime ?? group.PushTime : group.PushTime ?? group.FailureTime) ?? DateTimeOffset.UnixEpoch;

    private static void WriteFamily(Utf8JsonWriter json, MetricFamily family, DateTimeOffset time)
    {
        var type = family.Type ?? MetricType.Untyped;
        json.WriteStartObject(family.Name);
        json.WriteString("time_stamp"u8, TimeText(time));
        json.WriteString("type"u8, type.ToString().ToUpperInvariant());
        if (family.Help is { Length: > 0 } help)
        {
            json.WriteString("help"u8, help);
        }

        json.WriteStartArray("metrics"u8);
        foreach (var metric in family.Metrics)
        {
            json.WriteStartObject();
            switch (type)
            {
                case MetricType.Summary:
                    json.WriteString("count"u8, CountText(metric.Count ?? 0));
                    WriteLabels(json, metric.Labels);
                    WriteParts(json, "quantiles", metric, GoFloat.ToText);
                    json.WriteString("sum"u8, GoFloat.ToText(metric.Sum ?? 0));
                    break;
                case MetricType.Histogram:
                    WriteParts(json, "buckets", metric, p => CountText((ulong)p));
                    json.WriteString("count"u8, CountText(metric.Count ?? 0));
                    WriteLabels(json, metric.Labels);
                    json.WriteString("sum"u8, GoFloat.ToText(metric.Sum ?? 0));
                    break;
                default:
                    WriteLabels(json, metric.Labels);
                    json.WriteString("value"u8, GoFloat.ToText(metric.Value));
                    break;
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteLabels(Utf8JsonWriter json, IReadOnlyList<Label> labels)
    {
        json.WriteStartObject(LabelsKey);
        foreach (var label in labels)
        {
            json.WriteString(label.Name, label.Value);
        }

        json.WriteEndObject();
    }

    /// <summary>Bounds are keys, so they are sorted as text, and of two alike the last counts.</summary>
    private static void WriteParts(Utf8JsonWriter json, string name, Metric metric, Func<double, string> text)
    {
        SortedDictionary<string, double> parts = new(StringComparer.Ordinal);
        foreach (var (bound, value) in metric.Parts ?? [])
        {
            parts[GoFloat.ToText(bound)] = value;
        }

        json.WriteStartObject(name);
        foreach (var (bound, value) in parts)
        {
            json.WriteString(bound, text(value));
        }

        json.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, string> texts)
    {
        json.WriteStartObject(name);
        foreach (var (key, value) in texts)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }

    private static string CountText(ulong count) => count.ToString(CultureInfo.InvariantCulture);

    private static string TimeText(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
}
