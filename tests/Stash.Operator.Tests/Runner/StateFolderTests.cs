using Stash.Core;
using Stash.Operator.Runner;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Runner;

public sealed class StateFolderTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_folder_that_stands_in_is_its_user_s_alone()
    {
        var path = _folder.In("state");
        StateFolder.OpenTemporary(path).FullPath.ShouldBe(path);
        File.GetUnixFileMode(path).ShouldBe(OwnerOnly);
    }

    [Fact]
    public void One_of_its_own_that_others_may_read_is_closed_to_them()
    {
        var path = _folder.In("state");
        Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute);
        File.SetUnixFileMode(path, OwnerOnly | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute);
        StateFolder.OpenTemporary(path);
        File.GetUnixFileMode(path).ShouldBe(OwnerOnly);
    }

    [Fact]
    public void What_is_no_folder_is_named_with_the_remedy()
    {
        var path = _folder.In("state");
        File.WriteAllText(path, "a file");
        Should.Throw<UserErrorException>(() => StateFolder.OpenTemporary(path)).Message.ShouldBe($"The state folder {path} cannot be made or is another user's: name another with --state-dir.");
        File.ReadAllText(path).ShouldBe("a file");
        Should.Throw<UserErrorException>(() => StateFolder.Open(path)).Message.ShouldContain("--state-dir");
    }

    [Fact]
    public void Root_keeps_state_where_no_other_user_can_have_made_the_folder()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Others have the folder for temporary files.");
        var path = StateFolder.TemporaryPath();
        path.ShouldEndWith("stash-state-root");
        if (path.StartsWith("/run/", StringComparison.Ordinal))
        {
            File.GetUnixFileMode("/run").HasFlag(UnixFileMode.OtherWrite).ShouldBeFalse();
        }
    }

    [Fact]
    public void File_names_are_readable_and_differ_where_their_texts_do()
    {
        var name = StateFolder.FileName("http://a.b/c");
        name.ShouldStartWith("http___a.b_c-");
        StateFolder.FileName("http:__a.b_c").ShouldNotBe(name);
        StateFolder.FileName(new string('x', 1000)).Length.ShouldBeLessThan(120);
    }
}
