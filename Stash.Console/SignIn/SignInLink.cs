using System.Security.Cryptography;
using System.Text;
using Stash.Core;
using Stash.Core.Configuration;

namespace Stash.Console.SignIn;

/// <summary>
/// The one-time link: its token signs in once, then a new one takes its place. The current link is in the file
/// <c>console-link</c> of the data folder, mode 0600: who may read that folder may sign in.
/// </summary>
public sealed partial class SignInLink(DataFolder folder, ILogger<SignInLink> logger)
{
    private readonly Lock _lock = new();
    private Uri? _address;
    private string _token = "";

    public string File { get; } = FileIn(folder);

    public static string FileIn(DataFolder folder) => folder.In("console-link");

    /// <summary>The link as it is now.</summary>
    public Uri Current
    {
        get
        {
            lock (_lock)
            {
                return new Uri(_address ?? throw new InvalidOperationException("The console does not listen yet."), $"/sign-in?token={_token}");
            }
        }
    }

    /// <summary>Makes the first link.</summary>
    /// <param name="address">Where a browser on this machine reaches the console.</param>
    /// <exception cref="UserErrorException">The file cannot be written.</exception>
    public void Open(Uri address)
    {
        lock (_lock)
        {
            _address = address;
            Mint();
            try
            {
                Write();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new UserErrorException($"{File} cannot be written: make the data folder writable for this user and see that its disk has space.", inner: e);
            }
        }
    }

    /// <summary>True for the current token, which from then on is spent.</summary>
    public bool TrySpend(string token)
    {
        lock (_lock)
        {
            if (_token.Length == 0 || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(_token)))
            {
                return false;
            }

            Mint();
            try
            {
                Write();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                LogNotWritten(e, File);
            }

            return true;
        }
    }

    /// <summary>Takes the file away: a stopped console's link leads nowhere. One that another console has put there stays.</summary>
    public void Close()
    {
        lock (_lock)
        {
            try
            {
                if (_address is not null && System.IO.File.Exists(File) && System.IO.File.ReadAllText(File) == Text)
                {
                    System.IO.File.Delete(File);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                LogNotWritten(e, File);
            }
            finally
            {
                _token = "";
            }
        }
    }

    private string Text => $"{Current}\n";

    private void Mint() => _token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));

    private void Write() => DataFolder.Replace(File, Encoding.ASCII.GetBytes(Text), secret: true);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{File} cannot be written, so it does not hold the current sign-in link: see that the disk has space, and start the console again for a new link")]
    private partial void LogNotWritten(Exception exception, string file);
}
