using Stash.Core.Configuration;

namespace Stash.Core.Sessions.Journal;

/// <summary>Tells one push log from another, where the journal that follows it is kept elsewhere: a data folder that was made anew begins at position 1 again.</summary>
internal static class LogIdentity
{
    /// <summary>That of a data folder, in its file <c>log-id</c>; made on first use.</summary>
    /// <exception cref="UserErrorException">The file cannot be read or written.</exception>
    public static string Of(DataFolder data)
    {
        var path = data.In("log-id");
        try
        {
            if (File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } id)
            {
                return id;
            }

            var made = Guid.NewGuid().ToString("N");
            DataFolder.Replace(path, System.Text.Encoding.ASCII.GetBytes($"{made}\n"));
            return made;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{path} cannot be read or written: it tells which push log the journal in PostgreSQL follows. Give this user access to it.", inner: e);
        }
    }
}
