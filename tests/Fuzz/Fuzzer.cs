using System.Globalization;
using System.Text;

namespace Stash.Fuzzing;

/// <summary>
/// Runs one target on its corpus and on what a <see cref="Mutator"/> makes of it. An input with an outcome not seen before joins the corpus,
/// so that the next ones get further. In a test the seed is fixed and the runs are counted; eng/fuzz sets STASH_FUZZ_SECONDS and STASH_FUZZ_SEED.
/// </summary>
internal sealed class Fuzzer
{
    private const int MaxPool = 2000;
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    private readonly string _name;
    private readonly Mutator _mutator;
    private readonly List<byte[]> _pool;
    private readonly int _given;
    private readonly HashSet<string> _outcomes = new(StringComparer.Ordinal);
    private readonly int _runs;
    private readonly double _seconds;
    private readonly int _seed;
    private byte[] _current = [];
    private long _done;

    /// <param name="name">The target's name.</param>
    /// <param name="corpus">Inputs to begin with; all of them are run as they are.</param>
    /// <param name="words">Pieces of the format.</param>
    /// <param name="runs">Inputs tried in a test.</param>
    public Fuzzer(string name, IEnumerable<byte[]> corpus, IEnumerable<byte[]> words, int runs)
    {
        _name = name;
        _mutator = new Mutator([.. words]);
        _pool = [.. corpus];
        _given = _pool.Count;
        _runs = runs;
        _seconds = double.Parse(Environment.GetEnvironmentVariable("STASH_FUZZ_SECONDS") ?? "0", CultureInfo.InvariantCulture);
        _seed = int.Parse(Environment.GetEnvironmentVariable("STASH_FUZZ_SEED") ?? "20251", CultureInfo.InvariantCulture);
    }

    /// <summary>How many outcomes were seen that differ.</summary>
    public int Outcomes => _outcomes.Count;

    /// <param name="target">Takes an input and tells in a few words what became of it; throws where a property does not hold.</param>
    /// <exception cref="FuzzException">It threw, or came to no end: with the input and the seed.</exception>
    public Task RunAsync(Func<byte[], string> target) => RunAsync(input => Task.FromResult(target(input)));

    /// <inheritdoc cref="RunAsync(Func{byte[], string})"/>
    public async Task RunAsync(Func<byte[], Task<string>> target)
    {
        var running = Task.Run(() => LoopAsync(target));
        for (long seen = -1; await Task.WhenAny(running, Task.Delay(Hang)) != running; seen = Volatile.Read(ref _done))
        {
            if (Volatile.Read(ref _done) == seen)
            {
                throw new FuzzException(Describe($"came to no end within {Hang.TotalSeconds} s"), null);
            }
        }

        await running;
    }

    /// <summary>Throws where two texts differ, with the lines that do.</summary>
    public static void Same(string actual, string expected, string what)
    {
        if (actual == expected)
        {
            return;
        }

        var (mine, theirs) = (actual.Split('\n'), expected.Split('\n'));
        var lines = mine.Except(theirs, StringComparer.Ordinal).Take(5).Select(l => $"+ {l}").Concat(theirs.Except(mine, StringComparer.Ordinal).Take(5).Select(l => $"- {l}"));
        throw new FuzzException($"{what} is not the same:\n{string.Join('\n', lines)}", null);
    }

    private async Task LoopAsync(Func<byte[], Task<string>> target)
    {
        Random random = new(_seed);
        var end = TimeProvider.System.GetTimestamp() + (long)(_seconds * TimeProvider.System.TimestampFrequency);
        for (var run = 0; ; run++)
        {
            if (run >= _given && (_seconds > 0 ? TimeProvider.System.GetTimestamp() > end : run >= _given + _runs))
            {
                await Console.Error.WriteLineAsync($"{_name}: {run} inputs, {_outcomes.Count} outcomes, seed {_seed}");
                return;
            }

            _current = run < _given ? _pool[run] : _mutator.Mutate(_pool[random.Next(_pool.Count)], _pool[random.Next(_pool.Count)], random);
            string outcome;
            try
            {
                outcome = await target(_current);
            }
            catch (Exception e)
            {
                throw new FuzzException(Describe(e.Message), e);
            }

            if (_outcomes.Add(Shape(outcome)) && run >= _given && _pool.Count < MaxPool)
            {
                _pool.Add(_current);
            }

            Volatile.Write(ref _done, run);
        }
    }

    private string Describe(string problem)
    {
        var saved = "";
        if (Environment.GetEnvironmentVariable("STASH_FUZZ_FOUND") is { Length: > 0 } folder)
        {
            saved = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{_name}-{_seed}-{_done}"));
            File.WriteAllBytes(saved, _current);
            saved = $"\nSaved as {saved}: put it into the corpus of {_name}, so that every test runs it.";
        }

        return string.Create(CultureInfo.InvariantCulture, $"{_name}: {problem}\nSeed {_seed}, input {_done + 1}, base64 {Convert.ToBase64String(_current)}\n{Encoding.Latin1.GetString(_current)}{saved}");
    }

    /// <summary>Without what differs from input to input: numbers, and all from the first quote to the last.</summary>
    private static string Shape(string outcome)
    {
        var first = outcome.IndexOf('"', StringComparison.Ordinal);
        var text = first < 0 ? outcome : outcome[..first] + outcome[(outcome.LastIndexOf('"') + 1)..];
        return string.Concat(text.Where(c => !char.IsAsciiDigit(c)));
    }
}

/// <summary>A property did not hold for an input.</summary>
internal sealed class FuzzException(string message, Exception? inner) : Exception(message, inner);
