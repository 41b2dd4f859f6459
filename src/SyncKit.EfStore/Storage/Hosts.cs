using System.Globalization;
using System.Net;
using Npgsql;

namespace SyncKit.EfStore.Storage;

/// <summary>
/// The Host of a connection string: one server, or several by commas, each with a port of its own or without. Of several Npgsql takes the primary,
/// and where none will do, it throws one exception around those of the servers.
/// </summary>
internal static class Hosts
{
    // Npgsql has no type and no code for this.
    private const string NobodyAsked = "No suitable host was found.";

    private const int MostCharacters = 255;

    /// <summary>What is wrong with it, as the rest of a sentence; null where nothing is. The driver would say so at each connect, and not what to change.</summary>
    internal static string? FaultOf(string hosts)
    {
        foreach (var host in hosts.Split(',', StringSplitOptions.TrimEntries))
        {
            var (name, port) = Split(host);
            if (name.Length is 0 or > MostCharacters)
            {
                return $"must name Hosts of 1 to {MostCharacters} characters; one has {name.Length}.";
            }

            if (port is not null && !(int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= IPEndPoint.MaxPort))
            {
                return $"must name each Host with a port of 1 to {IPEndPoint.MaxPort} or without; it has '{host}'.";
            }

            if (IPAddress.TryParse(name, out var address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)))
            {
                return $"must name a Host that can be connected to; '{name}' is what a server listens on. Take localhost for this machine.";
            }
        }

        return null;
    }

    /// <summary>
    /// What each of several servers said, in their order. None: they are standbys, or were away a moment ago, and were not asked again. Null: the
    /// error is another.
    /// </summary>
    internal static IReadOnlyCollection<Exception>? ErrorsOf(Exception error) => error switch
    {
        NpgsqlException { InnerException: AggregateException each } => each.InnerExceptions,
        NpgsqlException { Message: NobodyAsked } => [],
        _ => null,
    };

    /// <summary>Null where the error is another.</summary>
    internal static EventStoreException? Translate(Exception error, string target)
    {
        if (ErrorsOf(error) is not { } errors)
        {
            return null;
        }

        // One that answers and refuses tells more than one that is away.
        var refusal = errors.Select(one => PostgresErrors.Translate(one, target)).FirstOrDefault(
            told => told is not EventStoreUnavailableException { Reason: UnavailableReason.ServerUnreachable or UnavailableReason.ConnectionLost });
        if (refusal is not null)
        {
            return refusal;
        }

        var said = string.Join(" ", errors.Select(Said).Distinct());
        return new EventStoreUnavailableException(
            UnavailableReason.ServerUnreachable,
            errors.Count == 0
                ? $"No primary is known among the servers for {target}. Npgsql asks one that was away, or a standby, again after Host Recheck Seconds, 10 "
                    + "unless the connection string says otherwise: try again then, or set fewer there."
                : $"No PostgreSQL server answers for {target}: {said} Start one, or correct Host and Port in the connection string.",
            error);
    }

    // The driver's own message names the host and what failed; its cause says why.
    private static string Said(Exception error) =>
        error.InnerException is null ? PostgresErrors.Innermost(error) : $"{error.Message.TrimEnd('.')}: {PostgresErrors.Innermost(error)}";

    // As Npgsql divides it: an IPv6 address has a port only behind brackets. A path is a Unix socket.
    private static (string Name, string? Port) Split(string host)
    {
        var colon = host.LastIndexOf(':');
        var isDivided = colon >= 0 && host[0] is not ('/' or '@') && (host.IndexOf(':') == colon || host[colon - 1] == ']');
        return isDivided ? (host[..colon], host[(colon + 1)..]) : (host, null);
    }
}
