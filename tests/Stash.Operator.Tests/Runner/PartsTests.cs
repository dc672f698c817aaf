using Stash.Core;
using Stash.Operator.Runner;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Runner;

/// <summary>Small parts of the runner.</summary>
public sealed class PartsTests
{
    [Theory]
    [InlineData("web", "/metrics/job/n-r/app/web/kind/k/namespace/n/stash_config/r")]
    [InlineData("a/b", "/metrics/job/n-r/app@base64/YXxi/kind/k/namespace/n/stash_config/r")]
    [InlineData("", "/metrics/job/n-r/app@base64/=/kind/k/namespace/n/stash_config/r")]
    [InlineData("..", "/metrics/job/n-r/app@base64/Li4/kind/k/namespace/n/stash_config/r")]
    public void Path_of_a_group(string app, string path) =>
        new SessionIdentity { Namespace = "n", Restic = "r", App = app, Kind = "k" }.PushPath().ShouldBe(path);

    [Fact]
    public void A_session_that_is_no_backup_has_a_group_of_its_own() =>
        new SessionIdentity { Namespace = "n", Restic = "r", App = "a", Kind = "k", Op = "check" }.PushPath().ShouldBe("/metrics/job/n-r/app/a/kind/k/namespace/n/session/check/stash_config/r");

    [Fact]
    public void Labels_of_a_pod()
    {
        using TempFolder folder = new();
        File.WriteAllText(folder.In("labels"), "app=\"shop\"\n\npod-template-hash=\"5c\"\na.b/c-d=\"x/y \\\"z\\\"\"\nplain=1\n");
        PodLabels.Read(folder.In("labels")).Select(l => $"{l.Name}={l.Value}").ShouldBe(["pod_a_b_c_d=x|y \"z\"", "pod_app=shop", "pod_plain=1"]);
        File.WriteAllText(folder.In("labels"), "app=\"shop\"\nnonsense\n");
        Should.Throw<UserErrorException>(() => PodLabels.Read(folder.In("labels"))).Message.ShouldEndWith("line 2: give a label as name=\"value\".");
    }

    [Theory]
    [InlineData("RESTIC_PASSWORD", "pw", "it is pw.", "it is ***.")]
    [InlineData("REST_SERVER_PASSWORD", "p@ss/w", "at p%40ss%2Fw", "at ***")]
    [InlineData("B2_ACCOUNT_ID", "account-7", "of account-7", "of ***")]
    [InlineData("OS_REGION_NAME", "north", "in north", "in north")]
    [InlineData("GOOGLE_SERVICE_ACCOUNT_JSON_KEY", "{\n  \"private_key\": \"abcdefgh\"\n}", "line \"private_key\": \"abcdefgh\" is bad", "line *** is bad")]
    public void Secrets_are_taken_out(string name, string value, string text, string expected) =>
        Redactor.Of([KeyValuePair.Create(name, value)], all: true).Redact(text).ShouldBe(expected);

    [Theory]
    [InlineData("open rest:http://user:pa@ss@host/x: no", "open rest:http://***@host/x: no")]
    [InlineData("http://host/a@b", "http://host/a@b")]
    public void User_and_password_of_an_address_are_taken_out(string text, string expected) =>
        Redactor.Of([], all: true).Redact(text).ShouldBe(expected);

    [Theory]
    [InlineData("""{"message_type":"error","error":{"Op":"read","Path":"/x","Err":5},"during":"archival","item":"/x"}""", "read /x: input/output error")]
    [InlineData("""{"message_type":"error","error":{"message":"open /x: permission denied"},"during":"archival","item":"/x"}""", "open /x: permission denied")]
    [InlineData("""{"message_type":"error","error":{},"item":"/x"}""", "/x: cannot be read")]
    public void Errors_of_restic_in_words(string line, string text) => ResticMessage.Parse(line).ShouldBe(new ResticError(text));

    [Fact]
    public void Progress_and_summary_of_restic()
    {
        ResticMessage.Parse("""{"message_type":"status","seconds_elapsed":3,"seconds_remaining":7,"percent_done":0.25,"total_files":4,"files_done":1,"total_bytes":400,"bytes_done":100,"current_files":["/a"]}""")
            .ShouldBe(new ResticStatus { Done = 0.25, FilesDone = 1, FilesTotal = 4, BytesDone = 100, BytesTotal = 400, SecondsRemaining = 7 });
        ResticMessage.Parse("""{"message_type":"summary","files_new":2,"files_changed":1,"files_unmodified":5,"dirs_new":1,"data_added":5001253,"total_files_processed":8,"total_bytes_processed":5000003,"total_duration":0.2,"snapshot_id":"289f1520"}""")
            .ShouldBe(new ResticSummary { FilesNew = 2, FilesChanged = 1, FilesUnmodified = 5, BytesAdded = 5001253, BytesProcessed = 5000003 });
    }

    [Theory]
    [InlineData("""{"message_type":"status","percent_done":"x"}""")]
    [InlineData("""{"message_type":"verbose_status"}""")]
    [InlineData("""{"message_type":7}""")]
    [InlineData("{broken")]
    [InlineData("no JSON")]
    [InlineData("")]
    public void Other_lines_do_no_harm(string line) => ResticMessage.Parse(line).ShouldBeOneOf(null, new ResticStatus());

    [Theory]
    [InlineData("backup", "/a, b", "restic", "-r", "/repo", "backup", "--tag", "x", "/a", "--exclude=y", "b")]
    [InlineData("forget", "", "/usr/bin/restic", "forget", "--keep-last", "3")]
    [InlineData("check", "", "nice", "-n", "10", "restic", "-v", "check")]
    [InlineData("exec", "", "/opt/backup.sh", "backup")]
    [InlineData("exec", "", "restic", "--help")]
    public void What_a_command_is_about(string op, string paths, params string[] command)
    {
        var known = ResticArguments.Of(command);
        known.Op.ShouldBe(op);
        string.Join(", ", known.Paths).ShouldBe(paths);
    }

    [Fact]
    public void Many_lines_are_kept_at_both_ends()
    {
        ErrorLines lines = new(Redactor.Of([], all: true));
        for (var i = 0; i < 1000; i++)
        {
            lines.Add($"line {i}");
        }

        lines.ToString().ShouldStartWith("line 0; line 1; ");
        lines.ToString().ShouldContain("; line 19; … 960 more …; line 980; ");
        lines.ToString().ShouldEndWith("; line 999");
    }
}
