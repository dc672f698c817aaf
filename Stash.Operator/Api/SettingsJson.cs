using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Stash.Core.Monitoring;

namespace Stash.Operator.Api;

/// <summary>
/// Settings read from a request: a field that does not exist is an error, not silently without effect; one that is missing has its
/// default. Not source-generated: generated code gives a missing <c>init</c> property null in place of its default.
/// </summary>
internal static class SettingsJson
{
    public static JsonTypeInfo<MonitoringManifest> Strict { get; } = (JsonTypeInfo<MonitoringManifest>)
        new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            RespectNullableAnnotations = true,
            TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        }.GetTypeInfo(typeof(MonitoringManifest));
}
