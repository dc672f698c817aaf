using Stash.Console.Hosting;

return await ConsoleCommand.RunAsync(args, Console.Out, Console.Error);
