using Microsoft.AspNetCore.Components.Authorization;
using Stash.Console.Operator;
using Stash.Core.Configuration;

namespace Stash.Console.People;

/// <summary>Who looks at this page, where people sign in as themselves; and the right with which the page asks.</summary>
public sealed class Visitor(IServiceProvider services, PersonStore people, OperatorConnection connection, StashOptions options, TimeProvider time) : IOperatorToken
{
    /// <summary>What somebody may is asked again at most this often.</summary>
    public static readonly TimeSpan CheckEvery = TimeSpan.FromMinutes(1);

    private Person? _person;

    /// <summary>Whether everybody is here as themselves.</summary>
    public bool IsPersonal => options.Console.IsPersonal;

    /// <summary>Null where the console acts for everybody with its own right, and where the sign-in has ended.</summary>
    public async ValueTask<Person?> PersonAsync()
    {
        if (!IsPersonal)
        {
            return null;
        }

        var state = await services.GetRequiredService<AuthenticationStateProvider>().GetAuthenticationStateAsync();
        return _person = people.Find(state.User);
    }

    public async ValueTask<string> ReadAsync(CancellationToken cancellationToken) =>
        await PersonAsync() is { } person ? await new PersonToken(person, people).ReadAsync(cancellationToken) : throw Person.Ended();

    public OperatorException Refused(string token, string address) => _person is { } person ? new PersonToken(person, people).Refused(token, address) : Person.Ended();

    /// <summary>Asks again and again what they may, until it is ended.</summary>
    public async Task WatchAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(CheckEvery, time);
        while (await PersonAsync() is not null && await timer.WaitForNextTickAsync(cancellationToken))
        {
            await CheckAsync(cancellationToken);
        }
    }

    /// <summary>Asks again what they may, where that is a while ago. While the operator does not answer, what was known holds.</summary>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (await PersonAsync() is not { } person || time.GetUtcNow() - person.CheckedAt < CheckEvery)
        {
            return;
        }

        // For all of their pages at once.
        person.CheckedAt = time.GetUtcNow();
        try
        {
            person.Learn(await new OperatorClient(connection, new PersonToken(person, people)).WhoAmIAsync(cancellationToken));
        }
        catch (OperatorException)
        {
            // Where they are not known any more, the sign-in has ended by now.
        }
    }
}
