using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Npgsql;
using SyncKit.EfStore.Diagnostics;

namespace SyncKit.EfStore.Storage;

/// <summary>Says, once for each server, that what is sent to it can be read on the way. Safe for several threads.</summary>
internal sealed class PlainTextWarning(ILogger<PlainTextWarning> logger)
{
    // The server knows: with SSL Mode=Prefer, Npgsql's default, nothing on this side tells whether TLS came about.
    private const string EncryptedSql =
        """
        SELECT EXISTS (SELECT FROM pg_catalog.pg_stat_ssl WHERE pid = pg_catalog.pg_backend_pid() AND ssl)
            OR EXISTS (SELECT FROM pg_catalog.pg_stat_gssapi WHERE pid = pg_catalog.pg_backend_pid() AND encrypted)
        """;

    private readonly ConcurrentDictionary<(string? Host, int Port, SslMode Mode), bool> _asked = new();

    /// <summary>Tells a server of this machine; tests, which have no other, tell it otherwise.</summary>
    internal Func<string?, CancellationToken, Task<bool>> IsLocal { get; init; } = IsThisMachineAsync;

    internal async Task CheckAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var mode = new NpgsqlConnectionStringBuilder(connection.ConnectionString).SslMode;
        if (mode >= SslMode.Require
            || !_asked.TryAdd((connection.Host, connection.Port, mode), true)
            || await IsLocal(connection.Host, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        await using var command = new NpgsqlCommand(EncryptedSql, connection);
        if (!(bool)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!)
        {
            Log.NotEncrypted(logger, connection.Host, connection.Port);
        }
    }

    /// <summary>A Unix socket, or an address that leads back to this machine.</summary>
    internal static async Task<bool> IsThisMachineAsync(string? host, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(host) || host[0] is '/' or '@')
        {
            return true;
        }

        try
        {
            var addresses = IPAddress.TryParse(host, out var address)
                ? [address]
                : await Dns.GetHostAddressesAsync(host, cancellationToken).ConfigureAwait(false);
            return addresses.All(IPAddress.IsLoopback);
        }
        catch (SocketException)
        {
            return false; // It could be reached a moment ago, and is not found now: not this machine, whatever it is.
        }
    }
}
