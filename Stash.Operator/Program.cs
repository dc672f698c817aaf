using Stash.Operator.Commands;

using var signals = new TerminationSignals();
return await StashCommandLine.RunAsync(args, signals.Token);
