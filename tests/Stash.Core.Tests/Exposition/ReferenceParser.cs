using System.Buffers.Binary;
using System.Diagnostics;

namespace Stash.Core.Tests.Exposition;

/// <summary>The reference's own parser and writer (prometheus/common's <c>expfmt</c>), built once for all tests of a class.</summary>
public sealed class ReferenceParser : IDisposable
{
    private readonly TempFolder _folder = new();

    public ReferenceParser()
    {
        using var build = Process.Start(Start("go", ["build", "-o", Program, Path.Combine(AppContext.BaseDirectory, "Exposition", "Reference", "main.go")]))!;
        var error = build.StandardError.ReadToEnd();
        build.WaitForExit();
        build.ExitCode.ShouldBe(0, error);
    }

    private string Program => _folder.In("expfmt");

    /// <summary>What the reference makes of each text: the text it writes of it, or its error after <c>error: </c>.</summary>
    public IReadOnlyList<byte[]> Answers(IReadOnlyCollection<byte[]> texts)
    {
        using var process = Process.Start(Start(Program, []))!;
        var errors = process.StandardError.ReadToEndAsync();
        var writing = Task.Run(() =>
        {
            var length = new byte[4];
            foreach (var text in texts)
            {
                BinaryPrimitives.WriteInt32LittleEndian(length, text.Length);
                process.StandardInput.BaseStream.Write(length);
                process.StandardInput.BaseStream.Write(text);
            }

            process.StandardInput.Close();
        });
        List<byte[]> answers = [];
        var frame = new byte[4];
        foreach (var _ in texts)
        {
            process.StandardOutput.BaseStream.ReadExactly(frame);
            var answer = new byte[BinaryPrimitives.ReadInt32LittleEndian(frame)];
            process.StandardOutput.BaseStream.ReadExactly(answer);
            answers.Add(answer);
        }

        process.WaitForExit();
        writing.Wait();
        process.ExitCode.ShouldBe(0, errors.Result);
        return answers;
    }

    public void Dispose() => _folder.Dispose();

    private static ProcessStartInfo Start(string program, IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(program, arguments) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["GO111MODULE"] = "off";
        start.Environment["GOPATH"] = "/usr/share/gocode";
        start.Environment.TryAdd("HOME", Path.GetTempPath());
        return start;
    }
}
