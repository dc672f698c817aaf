namespace Stash.Console.Settings;

/// <summary>One label of the ServiceMonitor as it is typed.</summary>
public sealed class LabelRow
{
    public string Key { get; set; } = "";

    public string Value { get; set; } = "";

    /// <summary>A row that nothing was typed into yet: it is neither an error nor a label.</summary>
    public bool IsEmpty => Key.Trim().Length == 0 && Value.Trim().Length == 0;
}
