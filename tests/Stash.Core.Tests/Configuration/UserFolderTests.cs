using Stash.Core.Configuration;

namespace Stash.Core.Tests.Configuration;

public sealed class UserFolderTests
{
    [Theory]
    [InlineData("/data", "/home/a", "/data/stash")]
    [InlineData("", "/home/a", "/home/a/.local/share/stash")]
    [InlineData(null, "/nowhere/yet", "/nowhere/yet/.local/share/stash")]
    [InlineData("/data", null, "/data/stash")]
    public void The_variable_goes_before_the_home_folder(string? named, string? home, string expected) =>
        UserFolder.In("XDG_DATA_HOME", named, home, ".local/share", "--data-dir DIR").ShouldBe(expected);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Without_a_home_folder_it_says_what_to_give(string? home) =>
        Should.Throw<UserErrorException>(() => UserFolder.In("XDG_DATA_HOME", null, home, ".local/share", "--data-dir DIR (Stash:DataDirectory)"))
            .Message.ShouldBe("This user has no home folder, and neither HOME nor XDG_DATA_HOME is set: name a folder with --data-dir DIR (Stash:DataDirectory).");
}
