using System.Security.Authentication;
using System.Security.Cryptography;
using Npgsql;

namespace SyncKit.EfStore.Storage;

/// <summary>
/// TLS that did not come about → what to change. Nothing of it mends itself, so nothing of it is tried again. Decides by the kinds of
/// exceptions, which Npgsql leaves as .NET throws them; by text in the one place where it has no code.
/// </summary>
internal static class TlsErrors
{
    /// <summary>Null where the error is about something else.</summary>
    internal static EventStoreUnavailableException? Translate(Exception error, string target) => Advice(error, target) is { } message
        ? new EventStoreUnavailableException(UnavailableReason.TlsFailed, message, error)
        : null;

    internal static bool Describes(Exception error) => Advice(error, "") is not null;

    /// <summary>
    /// Whether opening a connection failed before it was begun, which is where Npgsql reads the client's certificate. Ask it only of an
    /// attempt to open one.
    /// </summary>
    internal static bool IsClientCertificate(Exception error) =>
        error is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException { ParamName: "privateKey" };

    internal static EventStoreUnavailableException ClientCertificate(Exception error, string target) => new(
        UnavailableReason.TlsFailed,
        $"The connection to {target} cannot be begun, since SSL Certificate or SSL Key of its connection string cannot be used: {Sentence(error)} "
            + "Name the PEM file of the client's certificate and that of its private key.",
        error);

    /// <summary>Where the end of the connection overtook the server's word.</summary>
    internal const string PerhapsRefused =
        " The server may have refused SSL Certificate: it must be in date and signed by a CA of the server's ssl_ca_file. The server's log says which it was.";

    private static string? Advice(Exception error, string target) => error switch
    {
        PostgresException or not NpgsqlException => null,
        { InnerException: AuthenticationException { InnerException: null } } =>
            $"The TLS certificate of the server of {target} was not accepted: a CA this machine does not trust signed it, or it was made for another "
                + "host name, or it is out of date. Set Root Certificate to the file of the CA that signed it, and Host to a name that the certificate has.",
        { InnerException: FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException or CryptographicException } =>
            $"Root Certificate of the connection string for {target} cannot be used: {Sentence(error.InnerException)} "
                + "Name the PEM file of the CA that signed the server's certificate.",

        // The server's word for it: within the handshake up to TLS 1.2, with the first read after it from 1.3 on, where the end of the connection
        // may overtake it; then nothing tells it from a broken connection.
        { InnerException: AuthenticationException } or { InnerException: IOException } when error.GetBaseException() is CryptographicException or AuthenticationException =>
            $"The server of {target} ended TLS: {Sentence(error.GetBaseException())} Where it asks for a client certificate, SSL Certificate and SSL Key must be of one "
                + "that is in date and signed by a CA of the server's ssl_ca_file.",
        _ when error.Message.StartsWith("SSL connection requested", StringComparison.Ordinal) =>
            $"The server of {target} offers no TLS, which SSL Mode asks for. Turn ssl on in the server's configuration, or correct Host and Port.",
        _ => null,
    };

    private static string Sentence(Exception error) => error.Message.EndsWith('.') ? error.Message : error.Message + ".";
}
