using System.Net;
using System.Net.Sockets;
using Stash.Console.Hosting;
using Stash.Console.Tests.Support;

namespace Stash.Console.Tests.Hosting;

public sealed class ConsoleCommandTests : IDisposable
{
    private readonly TempFolder _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task Help_names_every_option()
    {
        var (code, output, error) = await RunAsync("--help");

        code.ShouldBe(0);
        error.ShouldBeEmpty();
        foreach (var option in new[] { "--urls", "--data-dir", "--config", "Stash:Operator:Address", "Stash:Operator:CaFile", "Stash:Operator:TokenFile", "Stash:Console:SignIn ", "Stash:Console:SignInDays" })
        {
            output.ShouldContain(option);
        }
    }

    [Fact]
    public async Task Version_is_a_line()
    {
        var (code, output, _) = await RunAsync("--version");

        code.ShouldBe(0);
        output.Trim().ShouldMatch(@"^\d+\.\d+\.\d+$");
    }

    [Theory]
    [InlineData("--port", "\"--port\" is not an option: Stash.Console --help names them.")]
    [InlineData("run", "\"run\" is not an option: Stash.Console --help names them.")]
    [InlineData("--urls", "--urls needs a value: give --urls=VALUE.")]
    [InlineData("--urls=8080", "--urls \"8080\" is not an address: give one as http://127.0.0.1:56780.")]
    [InlineData("--urls=ftp://127.0.0.1:1", "--urls \"ftp://127.0.0.1:1\" is not an address: give one as http://127.0.0.1:56780.")]
    [InlineData("--config=/nowhere/stash.json", "There is no configuration file /nowhere/stash.json: give one that exists with --config.")]
    public async Task Wrong_usage_is_one_line_and_2(string argument, string expected)
    {
        var (code, output, error) = await RunAsync(argument);

        code.ShouldBe(2);
        error.Trim().ShouldBe(expected);
        output.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("--Stash:Console:SignInDays=often", "Stash:Console:SignInDays is \"often\": give a whole number from 1 to 365.")]
    [InlineData("--Stash:Operator:Address=127.0.0.1:8443", "Stash:Operator:Address is \"127.0.0.1:8443\": give an address as https://127.0.0.1:8443.")]
    [InlineData("--stash:consle:x=1", "is not an option")]
    public async Task A_wrong_option_names_key_value_and_what_is_accepted(string argument, string expected)
    {
        var (code, _, error) = await RunAsync(argument);

        code.ShouldBe(1);
        error.Trim().ShouldContain(expected);
        error.Trim().ShouldNotContain("\n");
    }

    [Fact]
    public async Task A_port_in_use_is_one_line_with_the_remedy()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var url = $"http://{listener.LocalEndpoint}";

        var (code, output, error) = await RunAsync("--urls", url, $"--Stash:DataDirectory={_data.FullPath}");

        code.ShouldBe(1);
        error.Trim().ShouldBe($"{url}: another program listens there already. Stop it, or give a free port with --urls.");
        output.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_address_of_another_machine_is_one_line_with_the_remedy()
    {
        var (code, _, error) = await RunAsync("--urls=http://203.0.113.7:8080", $"--data-dir={_data.FullPath}");

        code.ShouldBe(1);
        error.Trim().ShouldBe("http://203.0.113.7:8080: this machine cannot listen there. Give an address of its own with --urls.");
    }

    [Fact]
    public async Task Https_without_a_certificate_is_one_line_with_the_remedy()
    {
        var (code, _, error) = await RunAsync("--urls=https://127.0.0.1:0", $"--data-dir={_data.FullPath}");

        code.ShouldBe(1);
        error.Trim().ShouldStartWith("https://127.0.0.1:0: https needs a certificate.");
        error.Trim().ShouldNotContain("\n");
    }

    [Fact]
    public async Task A_data_folder_that_cannot_be_is_one_line_with_the_remedy()
    {
        var (code, _, error) = await RunAsync("--data-dir", "/dev/null/stash");

        code.ShouldBe(1);
        error.Trim().ShouldStartWith("The data folder /dev/null/stash cannot be written");
        error.Trim().ShouldNotContain("\n");
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        await using StringWriter output = new(), error = new();
        var code = await ConsoleCommand.RunAsync(args, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
