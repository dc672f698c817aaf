using System.Text;

namespace Stash.Fuzzing;

/// <summary>Inputs to begin with, from the folder Corpus: one file an input, or one line an input.</summary>
internal static class Corpus
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Fuzz", "Corpus");

    private static readonly string[] Text =
    [
        "# HELP h ", "# TYPE h histogram\n", "# TYPE s summary\n", "# TYPE x gauge\n", "# TYPE x counter\n", "# TYPE x untyped\n", "# HELP x text\n", "x", "x 1\n", "h_bucket", "h_sum", "h_count", "s_count", "s_sum", "_bucket", "_count", "_sum",
        "{", "}", "{}", "a=\"1\"", "a=\"", "=\"", "\"", ",", "le=\"1\"", "le=\"+Inf\"", "le=\"NaN\"", "quantile=\"0.5\"", "job=\"j\"", "instance=\"\"", "__name__=\"x\"", "__a=\"1\"", " ", "\t", "\n", "\r", "\0", "\\", "\\n", "\\\"", "#",
        "1", "-0", "NaN", "nan", "+Inf", "-Inf", "1e400", "-1e-400", "0x1p-3", "0x", "1_0", "1e", ".", "9223372036854775807", "9223372036854775808", "18446744073709551615", "-1", "1.5", "restic_session_success", "push_time_seconds", "ä", "€", "𝄞",
        "# TYPE restic_session_success counter\n", "# TYPE push_time_seconds counter\n", "pushgateway_build_info 1\n",
    ];

    /// <summary>Pieces of the text format.</summary>
    public static IEnumerable<byte[]> TextWords =>
    [
        .. Text.Select(Encoding.UTF8.GetBytes), [0xff], [0xc3], [0xed, 0xa0, 0x80], [0xef, 0xbf, 0xbd], [0xf4, 0x90, 0x80, 0x80],
    ];

    /// <summary>The files of a folder, in the order of their names; none where there is none.</summary>
    public static IEnumerable<byte[]> Files(string name) =>
        Directory.Exists(Path.Combine(Folder, name)) ? Directory.GetFiles(Path.Combine(Folder, name)).Order(StringComparer.Ordinal).Select(File.ReadAllBytes) : [];

    /// <summary>The lines of a file.</summary>
    public static IEnumerable<byte[]> Lines(string name) => File.ReadLines(Path.Combine(Folder, name + ".txt")).Select(Encoding.UTF8.GetBytes);
}
