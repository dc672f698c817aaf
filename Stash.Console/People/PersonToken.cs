using Stash.Console.Operator;
using Stash.Console.SignIn;

namespace Stash.Console.People;

/// <summary>The right of somebody who is signed in. Where the operator does not know them any more, the sign-in ends.</summary>
public sealed class PersonToken(Person person, PersonStore people) : IOperatorToken
{
    public async ValueTask<string> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await person.TokenAsync(cancellationToken);
        }
        catch (OperatorException e) when (e.Failure == OperatorFailure.Unauthorized)
        {
            people.End(person, SignInProblem.Expired);
            throw;
        }
    }

    public OperatorException Refused(string token, string address)
    {
        people.End(person, SignInProblem.Expired);
        return Person.Ended();
    }
}
