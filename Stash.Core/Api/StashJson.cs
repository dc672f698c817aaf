using System.Text.Json;
using System.Text.Json.Serialization;
using Stash.Core.Monitoring;
using Stash.Core.Sessions;

namespace Stash.Core.Api;

/// <summary>Source-generated JSON of everything that goes over the API: camelCase, nulls left out, times RFC 3339 in UTC.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = [typeof(UtcTimeConverter)])]
[JsonSerializable(typeof(SessionList))]
[JsonSerializable(typeof(Session))]
[JsonSerializable(typeof(SessionAggregates))]
[JsonSerializable(typeof(AppList))]
[JsonSerializable(typeof(RunningList))]
[JsonSerializable(typeof(RunningSession))]
[JsonSerializable(typeof(EndedEvent))]
[JsonSerializable(typeof(GroupList))]
[JsonSerializable(typeof(SettingsPreview))]
[JsonSerializable(typeof(MonitoringManifest))]
[JsonSerializable(typeof(MonitoringSpec))]
[JsonSerializable(typeof(WhoAmI))]
[JsonSerializable(typeof(KubernetesStatus))]
public sealed partial class StashJson : JsonSerializerContext;
