using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Stash.Core;
using Stash.Core.Configuration;
using Stash.Operator.Tls;

namespace Stash.Operator.Commands;

/// <summary><c>stash certificate</c>: a client certificate of the operator's own authority.</summary>
internal static partial class CertificateCommand
{
    private const int LongestName = 64;
    private static readonly string[] Rights = ["metrics", "view", "admin"];

    public static Command Create()
    {
        Option<string> name = new("--name") { Description = "The client's name, as it will stand in the audit log: letters, digits and . _ @ -", HelpName = "NAME", Required = true };
        name.Validators.Add(result =>
        {
            // ca.crt is the authority's.
            if (result.GetValueOrDefault<string>() is { } value && (value.Length > LongestName || value == "ca" || !Names().IsMatch(value)))
            {
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"--name is \"{value}\": give at most {LongestName} letters, digits and . _ @ -, the first a letter or digit; not ca."));
            }
        });
        Option<string> may = new("--may") { Description = "What it may: metrics (read /metrics), view (read everything), admin (change settings too).", HelpName = string.Join('|', Rights), Required = true };
        may.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } value && !Rights.Contains(value, StringComparer.Ordinal))
            {
                result.AddError($"--may is \"{value}\": give one of {string.Join(", ", Rights)}.");
            }
        });
        Option<int> days = new("--days") { Description = "How long it is valid, 1 to 3650.", HelpName = "N", DefaultValueFactory = _ => 90 };
        days.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !(int.TryParse(token.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value is >= 1 and <= 3650))
            {
                result.AddError($"--days is \"{token.Value}\": give a whole number from 1 to 3650.");
            }
        });
        Option<string> output = new("--out") { Description = "The folder that gets NAME.crt, NAME.key and ca.crt; made where it is not there. Files of these names are replaced.", HelpName = "FOLDER", Required = true };
        Command command = new("certificate", "Make a client certificate for the API on :8443, signed by the operator's own authority. It needs to read ca.crt and ca.key of the data folder.");
        foreach (var option in new Option[] { name, may, days, output })
        {
            command.Add(option);
        }

        HostFlags host = new(command);
        command.SetAction((result, _) =>
        {
            Dictionary<string, string?> keys = new(StringComparer.Ordinal);
            host.Read(result, keys);
            var data = DataFolder.Existing(StashOptions.Read(host.Configuration(result, keys)).DataDirectory);
            Make(data, result.GetRequiredValue(name), result.GetRequiredValue(may), TimeSpan.FromDays(result.GetValue(days)), Path.GetFullPath(result.GetRequiredValue(output)));
            return Task.FromResult(0);
        });
        return command;
    }

    private static void Make(DataFolder data, string name, string may, TimeSpan life, string folder)
    {
        if (!File.Exists(data.CaCertificate))
        {
            throw new UserErrorException($"There is no {data.CaCertificate}: start the operator (stash run) with this data folder once, it makes one.");
        }

        var authority = OwnAuthority.Read(data);
        try
        {
            Directory.CreateDirectory(folder);
            // By this file rather than by the path, which may be a link.
            if (File.Exists(Path.Combine(folder, "ca.key")))
            {
                throw new UserErrorException($"{folder} has a ca.key, so it is an operator's data folder, whose own files would be replaced: name another folder with --out.");
            }

            var now = TimeProvider.System.GetUtcNow();
            var made = CertificateIssuer.Client(authority.Signer, name, $"stash:{may}", now, life);
            string certificate = Path.Combine(folder, $"{name}.crt"), key = Path.Combine(folder, $"{name}.key");
            DataFolder.Replace(Path.Combine(folder, "ca.crt"), File.ReadAllBytes(data.CaCertificate));
            made.Write(certificate, key);
            using var read = X509Certificate2.CreateFromPem(made.Certificate);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{certificate} and {key}: {name} may {Describe(may)} until {read.NotAfter.ToUniversalTime():yyyy-MM-ddTHH:mm:ssZ}."));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"The folder {folder} cannot be written: make it writable for this user, or name another with --out.", inner: e);
        }
    }

    private static string Describe(string may) => may switch
    {
        "metrics" => "read /metrics",
        "view" => "read everything",
        _ => "read everything and change settings",
    };

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._@-]*$", RegexOptions.NonBacktracking)]
    private static partial Regex Names();
}
