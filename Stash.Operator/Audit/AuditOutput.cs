using Microsoft.Win32.SafeHandles;

namespace Stash.Operator.Audit;

/// <summary>The audit log on standard output, where nothing else is then written. Not through <see cref="Console"/>, which takes no notice of a reader that is gone.</summary>
internal sealed class AuditOutput : IAuditSink
{
    private readonly SafeFileHandle _output = new(1, ownsHandle: false);
    private readonly bool _isFile;

    public AuditOutput()
    {
        using FileStream file = new(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        _isFile = file.CanSeek;
    }

    public void Reserve(int lines)
    {
        if (!Posix.IsWritable(_output))
        {
            throw new AuditException("what reads standard output has stopped to read: see that it goes on");
        }

        if (_isFile)
        {
            Posix.Reserve(_output, RandomAccess.GetLength(_output), (long)lines * IAuditSink.MaxLine);
        }
    }

    public void Write(ReadOnlySpan<byte> line)
    {
        Posix.Write(_output, line);
        if (_isFile)
        {
            RandomAccess.FlushToDisk(_output);
        }
    }

    public void Dispose() => _output.Dispose();
}
