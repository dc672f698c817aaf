using System.Collections.Concurrent;
using System.Security.Claims;
using Stash.Console.SignIn;
using Stash.Core.Configuration;

namespace Stash.Console.People;

/// <summary>Everybody who is signed in as themselves, by the id in their cookie. In memory: a restart of the console ends these sign-ins.</summary>
public sealed class PersonStore : IDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Person> _people = new(StringComparer.Ordinal);
    private readonly SignOuts _signOuts;
    private readonly TimeProvider _time;
    private readonly TimeSpan _longestUnused;
    private readonly ITimer _timer;

    public PersonStore(SignOuts signOuts, StashOptions options, TimeProvider time)
    {
        _signOuts = signOuts;
        _time = time;
        _longestUnused = TimeSpan.FromDays(options.Console.SignInDays);
        _timer = time.CreateTimer(_ => Look(), null, LookEvery, LookEvery);
    }

    public IReadOnlyCollection<Person> All => [.. _people.Values];

    public void Add(Person person) => _people[person.Id] = person;

    /// <summary>Whose cookie it is; null where that sign-in has ended, or is not of this process.</summary>
    public Person? Find(ClaimsPrincipal user)
    {
        if (SignOuts.IdOf(user) is not { } id || !_people.TryGetValue(id, out var person))
        {
            return null;
        }

        if (person.HasEnded)
        {
            End(person, SignInProblem.Expired);
            return null;
        }

        person.Used = _time.GetUtcNow();
        return person;
    }

    /// <summary>Ends a sign-in with all of its pages.</summary>
    public void End(Person person, SignInProblem why)
    {
        if (_people.TryRemove(person.Id, out _))
        {
            _signOuts.End(person.Id, why);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        var longAgo = _time.GetUtcNow() - _longestUnused;
        foreach (var person in _people.Values.Where(p => p.HasEnded || p.Used < longAgo))
        {
            End(person, SignInProblem.Expired);
        }
    }
}
