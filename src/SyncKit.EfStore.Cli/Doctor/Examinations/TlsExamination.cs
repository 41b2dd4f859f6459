using System.Net;
using Npgsql;

namespace SyncKit.EfStore.Cli.Doctor.Examinations;

/// <summary>Whether this session is encrypted, where it leaves the machine.</summary>
internal sealed class TlsExamination : IExamination
{
    private const string ReadSql = """
        SELECT
            coalesce((SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl), ''),
            EXISTS (SELECT FROM pg_stat_gssapi WHERE pid = pg_backend_pid() AND encrypted)
        """;

    public string Name => "tls";

    public bool NeedsLog => false;

    public async Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken)
    {
        var (tls, gss) = await patient.ReadAsync(ReadSql, reader => (reader.GetString(0), reader.GetBoolean(1)), cancellationToken);
        return Judge(patient.Connection.Host ?? "", patient.Settings.SslMode, tls, gss);
    }

    /// <param name="host">As the connection string has it.</param>
    /// <param name="mode">What the client insists on.</param>
    /// <param name="tls">The version of the protocol; empty without TLS.</param>
    /// <param name="gss">Whether GSSAPI encrypts the session instead.</param>
    internal static Diagnosis Judge(string host, SslMode mode, string tls, bool gss)
    {
        if (tls.Length > 0)
        {
            return Diagnosis.Fine(
                mode is SslMode.VerifyFull or SslMode.VerifyCA || IsLocal(host)
                    ? $"The session is encrypted ({tls})."
                    : $"The session is encrypted ({tls}); SSL Mode={mode} does not check whose certificate it is, VerifyFull would.");
        }

        if (gss)
        {
            return Diagnosis.Fine("The session is encrypted (GSSAPI).");
        }

        var diagnosis = Diagnosis.Fine("The session is not encrypted, and does not leave this machine.");
        if (!IsLocal(host))
        {
            diagnosis.Warn(
                $"The session to '{host}' is not encrypted: events and the login pass the network in the clear.",
                "Turn ssl on at the server, and set SSL Mode=VerifyFull and Root Certificate=… in the connection string.");
        }

        return diagnosis;
    }

    /// <summary>By the name alone: a socket file, or this machine talking to itself.</summary>
    private static bool IsLocal(string host) =>
        host.StartsWith('/') || host.StartsWith('@') || host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
