using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Stash.Core.Yaml;

/// <summary>The documents of a YAML text.</summary>
internal static class YamlDocuments
{
    /// <param name="text">Any number of documents.</param>
    /// <param name="name">What the text is, for errors: the file's name.</param>
    /// <exception cref="UserErrorException">Not YAML: one line with the name, and the line where known.</exception>
    public static IList<YamlDocument> Read(string text, string name)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            throw new UserErrorException(string.Create(CultureInfo.InvariantCulture, $"{name}, line {e.Start.Line}: not YAML. Check the indentation and the quotes there."), inner: e);
        }
        catch (InvalidOperationException e)
        {
            // The library's scanner gives up so on a bracket that is never closed.
            throw new UserErrorException($"{name} is not YAML. Check that each bracket and quote is closed.", inner: e);
        }

        return stream.Documents;
    }
}
