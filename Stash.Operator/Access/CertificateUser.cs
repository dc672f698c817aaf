using System.Security.Cryptography.X509Certificates;

namespace Stash.Operator.Access;

/// <summary>Who a client certificate is of, as Kubernetes reads it: the user's name is the common name (<c>CN</c>), the groups are the organizations (<c>O</c>).</summary>
internal static class CertificateUser
{
    private const string CommonName = "2.5.4.3";
    private const string Organization = "2.5.4.10";

    /// <summary>The common name; empty where there is none.</summary>
    public static string NameOf(X509Certificate2 certificate) => Values(certificate, CommonName).LastOrDefault() ?? "";

    /// <summary>Null where it has no common name.</summary>
    public static Caller? Of(X509Certificate2 certificate) =>
        NameOf(certificate) is { Length: > 0 } name ? new Caller { Name = name, Groups = [.. Values(certificate, Organization)] }.AsAuthenticated() : null;

    private static IEnumerable<string> Values(X509Certificate2 certificate, string type)
    {
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames(reversed: false))
        {
            if (!part.HasMultipleElements && part.GetSingleElementType().Value == type && part.GetSingleElementValue() is { Length: > 0 } value)
            {
                yield return value;
            }
        }
    }
}
