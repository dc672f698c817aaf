using Prometheus;
using Stash.Operator.Telemetry;

namespace Stash.Operator.Access;

/// <summary>Counts who was let in and who was not; all labels are from fixed sets.</summary>
internal sealed class AccessMetrics
{
    public const string Accepted = "accepted";
    public const string Refused = "refused";

    /// <summary>Not looked at: too many wrong ones have come from the address.</summary>
    public const string Limited = "limited";

    /// <summary>The cluster could not be asked.</summary>
    public const string Unavailable = "unavailable";

    private static readonly string[] Methods = ["token", "certificate", "proxy", "none"];

    private readonly Counter _attempts;
    private readonly Counter _decisions;

    public AccessMetrics(OperatorMetrics metrics, FailedTries tries)
    {
        _attempts = metrics.Factory.CreateCounter("stash_authentication_attempts_total",
            "Requests by what they showed to say who they are (token, certificate, proxy, none), and what came of it: accepted, refused (401), limited (429), unavailable (503).", ["method", "result"]);
        _decisions = metrics.Factory.CreateCounter("stash_authorization_decisions_total",
            "Requests of known clients by whether they may: accepted, refused (403), unavailable (503).", ["result"]);
        var addresses = metrics.Factory.CreateGauge("stash_authentication_failing_addresses", "Addresses whose wrong credentials are remembered.");
        metrics.Registry.AddBeforeCollectCallback(() => addresses.Set(tries.Count));
        // All there can be, from the start: a rate needs the 0 before the first.
        foreach (var result in new[] { Accepted, Refused, Unavailable })
        {
            _decisions.WithLabels(result);
            foreach (var method in Methods)
            {
                _attempts.WithLabels(method, result);
            }
        }

        foreach (var method in Methods)
        {
            _attempts.WithLabels(method, Limited);
        }
    }

    public void Count(string method, string result) => _attempts.WithLabels(method, result).Inc();

    public void CountDecision(string result) => _decisions.WithLabels(result).Inc();
}
