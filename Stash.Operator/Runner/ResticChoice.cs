using Stash.Core;
using Stash.Core.Restics;

namespace Stash.Operator.Runner;

/// <summary>Which Restics of a file a command is about.</summary>
internal static class ResticChoice
{
    /// <summary>All of them, or those of a name.</summary>
    /// <exception cref="UserErrorException">There is none (exit code 2).</exception>
    public static IReadOnlyList<Restic> Of(ResticFile file, string? name)
    {
        if (file.Restics.Count == 0)
        {
            throw new UserErrorException($"{file.Name} holds no Restic.", exitCode: 2);
        }

        var chosen = name is null ? file.Restics : [.. file.Restics.Where(r => r.Name == name)];
        return chosen.Count > 0
            ? chosen
            : throw new UserErrorException($"{file.Name} holds no Restic named \"{name}\". It has {string.Join(", ", file.Restics.Select(r => r.Name))}.", exitCode: 2);
    }
}
