using System.Buffers.Text;
using System.Text;
using Stash.Core.Exposition;

namespace Stash.Operator.Gateway.Web;

/// <summary>The path under which a group is pushed and deleted.</summary>
internal static class GroupPath
{
    /// <summary>With all values encoded, so that it holds for any.</summary>
    public static string Of(IReadOnlyList<Label> labels)
    {
        StringBuilder path = new(PushPath.Encoded);
        path.Append(Encoded(labels.First(l => l.Name == "job").Value));
        foreach (var label in labels)
        {
            if (label.Name != "job")
            {
                path.Append('/').Append(NameEscaping.Escape(label.Name, EscapingScheme.Values)).Append("@base64/").Append(Encoded(label.Value));
            }
        }

        return path.ToString();
    }

    private static string Encoded(string value) => value.Length == 0 ? "=" : Base64Url.EncodeToString(Encoding.UTF8.GetBytes(value));
}
