using Microsoft.AspNetCore.Components;
using Stash.Console.Formats;
using Stash.Console.Settings;

namespace Stash.Console.Components.Controls;

/// <summary>Labels as rows of key and value, each checked by Kubernetes' rules as it is typed.</summary>
public sealed partial class LabelEditor
{
    [Parameter, EditorRequired]
    public required SettingsForm Form { get; set; }

    /// <summary>Of the form: a new one fills the fields anew.</summary>
    [Parameter, EditorRequired]
    public required int Generation { get; set; }

    /// <summary>True where the chosen agent uses the labels.</summary>
    [Parameter, EditorRequired]
    public required bool Used { get; set; }

    /// <summary>True where nothing may be changed.</summary>
    [Parameter]
    public bool ReadOnly { get; set; }

    [Parameter]
    public EventCallback OnChanged { get; set; }

    /// <summary>A wrong label can be put right also where it is not used: it would keep the settings from being saved.</summary>
    private bool IsOff => ReadOnly || (!Used && Form.Labels.TrueForAll(row => Form.LabelError(row) is null));

    private string ErrorText
    {
        get
        {
            string[] errors = [.. Form.Labels.Select(Form.LabelError).OfType<string>().Distinct(StringComparer.Ordinal)];
            return errors.Length switch
            {
                0 => "",
                1 => errors[0],
                var more => $"{errors[0]} And {Humane.Count(more - 1, "more", "more")}.",
            };
        }
    }

    private Task SetKeyAsync(LabelRow row, string? text)
    {
        row.Key = text ?? "";
        return OnChanged.InvokeAsync();
    }

    private Task SetValueAsync(LabelRow row, string? text)
    {
        row.Value = text ?? "";
        return OnChanged.InvokeAsync();
    }

    private Task AddAsync()
    {
        Form.Labels.Add(new LabelRow());
        return OnChanged.InvokeAsync();
    }

    private Task RemoveAsync(LabelRow row)
    {
        Form.Labels.Remove(row);
        return OnChanged.InvokeAsync();
    }
}
