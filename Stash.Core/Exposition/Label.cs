namespace Stash.Core.Exposition;

/// <summary>A label of a sample or a group.</summary>
/// <param name="Name">Its name, valid in the exposition format.</param>
/// <param name="Value">Its value, any UTF-8.</param>
public readonly record struct Label(string Name, string Value);
