using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Stash.Core;
using Stash.Core.Restics;
using Stash.Operator.Runner;

namespace Stash.Operator.Commands;

/// <summary><c>stash snapshots</c>: what the repositories hold.</summary>
internal static class SnapshotsCommand
{
    public static Command Create()
    {
        Command command = new("snapshots", "List the snapshots in the repositories of the Restics of a file. Exit code 0 where all could be read, 1 where one could not, 2 on wrong usage.");
        ResticFlags restics = new(command);
        Option<bool> json = new("--json") { Description = "Print JSON: a list of {namespace, restic, snapshots}, the snapshots as restic gives them." };
        command.Add(json);
        RunnerFlags runner = new(command, reports: false);
        command.SetAction((result, _) =>
        {
            var chosen = restics.Choose(result);
            return runner.RunAsync(result, context => RunAsync(context, chosen, result.GetValue(json)), least: LogLevel.Warning);
        });
        return command;
    }

    private static async Task<int> RunAsync(RunnerContext context, IReadOnlyList<Restic> restics, bool json)
    {
        List<(Restic Restic, JsonElement Snapshots)> read = [];
        foreach (var restic in restics)
        {
            try
            {
                read.Add((restic, await ReadAsync(context, restic)));
            }
            catch (UserErrorException e)
            {
                await Console.Error.WriteLineAsync($"{restic.Name}: {Credentials.Without(e.Message)}");
            }
        }

        if (json)
        {
            await WriteJsonAsync(read);
        }
        else
        {
            WriteTable(read);
        }

        return read.Count == restics.Count ? 0 : 1;
    }

    private static async Task<JsonElement> ReadAsync(RunnerContext context, Restic restic)
    {
        var backend = restic.Backend ?? throw new UserErrorException("spec.backend is missing: say where the repository is.");
        ResticCli cli = new(RepositoryAccess.Open(backend, context.CacheDirectory), context.Logger, context.Signals.Abort);
        List<string> lines = [];
        // Looking must not wait for a session, nor stand in its way.
        (await cli.RunAsync(["snapshots", "--json", "--no-lock"], lines.Add, context.Signals.Stop)).MustSucceed();
        using var document = JsonDocument.Parse(string.Concat(lines));
        return document.RootElement.Clone();
    }

    private static async Task WriteJsonAsync(List<(Restic Restic, JsonElement Snapshots)> read)
    {
        await using var output = Console.OpenStandardOutput();
        await using Utf8JsonWriter writer = new(output, new JsonWriterOptions { Indented = true });
        writer.WriteStartArray();
        foreach (var (restic, snapshots) in read)
        {
            writer.WriteStartObject();
            writer.WriteString("namespace", restic.Namespace ?? RunnerContext.DefaultNamespace);
            writer.WriteString("restic", restic.Name);
            writer.WritePropertyName("snapshots");
            snapshots.WriteTo(writer);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        await writer.FlushAsync();
        output.Write("\n"u8);
    }

    private static void WriteTable(List<(Restic Restic, JsonElement Snapshots)> read)
    {
        List<string[]> rows = [["RESTIC", "ID", "TIME", "HOST", "TAGS", "PATHS"]];
        foreach (var (restic, snapshots) in read)
        {
            foreach (var snapshot in snapshots.EnumerateArray())
            {
                var time = snapshot.GetProperty("time").GetDateTimeOffset().ToLocalTime();
                rows.Add([restic.Name, Text(snapshot, "short_id"), time.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), Text(snapshot, "hostname"), List(snapshot, "tags"), List(snapshot, "paths")]);
            }
        }

        Table.Write(rows);
    }

    private static string Text(JsonElement snapshot, string name) => snapshot.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";

    private static string List(JsonElement snapshot, string name) =>
        snapshot.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array ? string.Join(",", value.EnumerateArray().Select(v => v.GetString())) : "";
}
