namespace Stash.Core.Configuration;

/// <summary>Where a user's files belong by the XDG rules.</summary>
public static class UserFolder
{
    /// <summary>The folder of stash in one of the user's folders, also where neither is there yet.</summary>
    /// <param name="variable">Environment variable that names the user's folder, as <c>XDG_DATA_HOME</c>.</param>
    /// <param name="belowHome">Its place below the home folder where the variable is not set, as <c>.local/share</c>.</param>
    /// <param name="flag">What else can name the folder of stash.</param>
    /// <exception cref="UserErrorException">Neither the variable nor a home folder is there.</exception>
    public static string Of(string variable, string belowHome, string flag) =>
        // .NET would by itself give nothing where the home folder is not there yet, and so the current folder.
        In(variable, Environment.GetEnvironmentVariable(variable), Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify), belowHome, flag);

    internal static string In(string variable, string? named, string? home, string belowHome, string flag)
    {
        if (!string.IsNullOrEmpty(named))
        {
            return Path.Combine(named, "stash");
        }

        return string.IsNullOrEmpty(home)
            ? throw new UserErrorException($"This user has no home folder, and neither HOME nor {variable} is set: name a folder with {flag}.")
            : Path.Combine(home, belowHome, "stash");
    }
}
