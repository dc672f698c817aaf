using System.Text.Encodings.Web;
using System.Text.Json;
using Stash.Core.Api;

namespace Stash.Operator.Api;

/// <summary>The API's JSON with quotes and letters of all languages as they are: its answers are <c>application/json</c>, never HTML.</summary>
internal static class ReadableJson
{
    public static StashJson Default { get; } = new(new JsonSerializerOptions(StashJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
