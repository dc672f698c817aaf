using Stash.Core.Restics;
using Stash.Operator.Runner;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Runner;

/// <summary>What restic is given of a secret.</summary>
public sealed class RepositoryAccessTests
{
    [Fact]
    public void Keys_of_restic_and_its_backends_become_its_environment()
    {
        using TempFolder folder = new();
        var secret = Secret(folder, ("RESTIC_PASSWORD", "pass phrase\n"), ("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "key"), ("LD_PRELOAD", "/tmp/x.so"), ("..data", "hidden"));

        var access = RepositoryAccess.Open(new Backend { Repository = "s3:host/bucket", SecretFolder = secret }, "/cache");

        access.Environment["RESTIC_PASSWORD"].ShouldBe("pass phrase");
        access.Environment["AWS_ACCESS_KEY_ID"].ShouldBe("id");
        access.Environment["AWS_SECRET_ACCESS_KEY"].ShouldBe("key");
        access.Environment["RESTIC_REPOSITORY"].ShouldBe("s3:host/bucket");
        // Else restic would take these before the password that was meant.
        access.Environment["RESTIC_PASSWORD_FILE"].ShouldBeNull();
        access.Environment["RESTIC_PASSWORD_COMMAND"].ShouldBeNull();
        access.Environment.ContainsKey("LD_PRELOAD").ShouldBeFalse();
        access.GlobalArguments.ShouldBe(["--cache-dir", "/cache"]);
    }

    [Fact]
    public void Certificates_and_key_files_are_given_by_their_names()
    {
        using TempFolder folder = new();
        var secret = Secret(folder, ("RESTIC_PASSWORD", "x"), ("CA_CERT_DATA", "-----BEGIN CERTIFICATE-----"), ("GOOGLE_PROJECT_ID", "project"), ("GOOGLE_SERVICE_ACCOUNT_JSON_KEY", "{}"));

        var access = RepositoryAccess.Open(new Backend { Repository = "gs:b:/", SecretFolder = secret }, cacheDirectory: null);

        access.GlobalArguments.ShouldBe(["--no-cache", "--cacert", Path.Combine(secret, "CA_CERT_DATA")]);
        access.Environment["GOOGLE_APPLICATION_CREDENTIALS"].ShouldBe(Path.Combine(secret, "GOOGLE_SERVICE_ACCOUNT_JSON_KEY"));
        access.Environment["GOOGLE_PROJECT_ID"].ShouldBe("project");
        access.Environment.ContainsKey("CA_CERT_DATA").ShouldBeFalse();
    }

    [Fact]
    public void User_and_password_of_a_REST_server_go_into_the_address_and_come_out_of_messages()
    {
        using TempFolder folder = new();
        var secret = Secret(folder, ("RESTIC_PASSWORD", "x"), ("REST_SERVER_USERNAME", "me@home"), ("REST_SERVER_PASSWORD", "p/w"));

        var access = RepositoryAccess.Open(new Backend { Repository = "rest:https://host:8000/repo", SecretFolder = secret }, null);

        access.Environment["RESTIC_REPOSITORY"].ShouldBe("rest:https://me%40home:p%2Fw@host:8000/repo");
        access.Redactor.Redact("cannot open rest:https://me%40home:p%2Fw@host:8000/repo").ShouldBe("cannot open rest:https://***@host:8000/repo");
    }

    private static string Secret(TempFolder folder, params (string Key, string Value)[] keys)
    {
        Directory.CreateDirectory(folder.In("secret"));
        foreach (var (key, value) in keys)
        {
            File.WriteAllText(folder.In("secret", key), value);
        }

        return folder.In("secret");
    }
}
