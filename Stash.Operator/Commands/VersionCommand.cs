using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;

namespace Stash.Operator.Commands;

/// <summary><c>stash version</c>.</summary>
internal static class VersionCommand
{
    public static Command Create() => new("version", "Print the version.") { Action = new Action() };

    internal sealed class Action : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            var version = typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+');
            Console.Out.WriteLine(version.Length == 1 ? $"stash {version[0]}" : $"stash {version[0]} ({version[1]})");
            return 0;
        }
    }
}
