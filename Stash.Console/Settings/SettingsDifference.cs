namespace Stash.Console.Settings;

/// <summary>One setting that two edits have differently. Null is a label that is not there.</summary>
/// <param name="Name">As the form calls it.</param>
/// <param name="Before">What both began with.</param>
/// <param name="Mine">In this form.</param>
/// <param name="Theirs">As saved meanwhile.</param>
public sealed record SettingsDifference(string Name, string? Before, string? Mine, string? Theirs)
{
    /// <summary>True where both changed it, so that one of the two has to give way.</summary>
    public bool IsClash => Mine != Before && Theirs != Before;
}
