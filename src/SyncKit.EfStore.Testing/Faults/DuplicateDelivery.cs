using Npgsql;

namespace SyncKit.EfStore.Testing;

/// <summary>
/// Delivers again what was delivered, and what never happened: notifications are hints that anyone who can log in may repeat or forge, and a
/// handler may get an event twice. An observer must show each event once all the same, and a handler's effects must not double.
/// Safe for several threads.
/// </summary>
/// <param name="connectionString">The database of an event store, with its schema in place.</param>
public sealed class DuplicateDelivery(string connectionString)
{
    private const string ApplicationName = "synckit-duplicate-delivery";

    // The payload of the notify trigger, letter by letter. PostgreSQL sends equal notifications of one transaction once.
    private const string ResendSql =
        """
        SELECT count(*)
        FROM (
            SELECT
                event_stream_channel(stream_name) AS channel,
                format(
                    '{"version":%s,"id":%s,"aggregate_id":%s,"event_type":%s,"created_at":%s,"stream_name":%s,"stream_version":%s}',
                    version, to_json(id), to_json(aggregate_id), to_json(event_type), coalesce(to_json(created_at)::text, 'null'),
                    to_json(stream_name), stream_version) AS whole,
                format('{"version":%s,"stream_version":%s}', version, stream_version) AS versions
            FROM events
            WHERE version BETWEEN $1 AND $2
            ORDER BY version
            OFFSET 0
        ) AS sent
        CROSS JOIN LATERAL (SELECT CASE WHEN octet_length(whole) < 8000 THEN whole ELSE versions END AS payload OFFSET 0) AS fitting
        CROSS JOIN LATERAL (SELECT pg_notify(channel, payload), pg_notify('events_global', payload) OFFSET 0) AS told
        """;

    private const string ForgeSql = "SELECT pg_notify('events_global', $1), pg_notify(event_stream_channel('stream_' || $2), $1)";

    /// <summary>
    /// Payloads that no store sends: no JSON, other JSON, versions that are no versions, text that is no text, and ranges without end.
    /// What they name is not in the log, or was shown before: nobody must see anything of them.
    /// </summary>
    public static IReadOnlyList<string> MalformedPayloads { get; } =
    [
        "",
        "not JSON",
        "{",
        "{}",
        "[1, 2]",
        "null",
        """{"version": null}""",
        """{"version": -1}""",
        """{"version": 1.5}""",
        """{"version": "1"}""",
        """{"version": 9223372036854775807}""",
        """{"version": 99999999999999999999999}""",
        """{"version": 1, "stream_version": 1, "id": "\ud800", "aggregate_id": "forged", "event_type": "Forged", "created_at": null}""",
        """{"version": 1, "stream_version": 1, "id": "forged", "aggregate_id": "forged", "event_type": "Forged", "created_at": "yesterday"}""",
        """{"first_version": 1, "last_version": 9223372036854775807}""",
        """{"first_version": 7, "last_version": 3}""",
    ];

    /// <summary>Makes a handler get every event twice in a row, as after a crash between its work and the checkpoint.</summary>
    /// <param name="handler">The handler to prove. What it throws the first time is thrown, and the second call left out.</param>
    /// <returns>A handler that calls it twice.</returns>
    public static Func<StoredEvent, CancellationToken, Task> Twice(Func<StoredEvent, CancellationToken, Task> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return async (stored, cancellationToken) =>
        {
            await handler(stored, cancellationToken).ConfigureAwait(false);
            await handler(stored, cancellationToken).ConfigureAwait(false);
        };
    }

    /// <summary>Sends the notifications of stored events once more, exactly as they were sent, on both of their channels.</summary>
    /// <param name="first">The first version.</param>
    /// <param name="last">The last version, included.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Of how many events.</returns>
    /// <exception cref="NpgsqlException">The server refused, or could not be reached.</exception>
    public async Task<int> ResendAsync(EventVersion first, EventVersion last, CancellationToken cancellationToken = default)
    {
        var connection = await FaultSession.OpenAsync(connectionString, ApplicationName, cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            return (int)await connection.ScalarAsync<long>(
                ResendSql, cancellationToken, new NpgsqlParameter { Value = first.Value }, new NpgsqlParameter { Value = last.Value })
                .ConfigureAwait(false);
        }
    }

    /// <summary>Sends notifications that no store sent, to all who listen and to those who listen to one stream.</summary>
    /// <param name="aggregateId">The stream whose channel is used.</param>
    /// <param name="payloads">What they say, each fewer than 8,000 bytes; <see langword="null"/> for <see cref="MalformedPayloads"/>.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>How many were sent on each channel.</returns>
    /// <exception cref="NpgsqlException">The server refused, or could not be reached.</exception>
    public async Task<int> ForgeAsync(
        string aggregateId, IReadOnlyList<string>? payloads = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(aggregateId);
        payloads ??= MalformedPayloads;
        var connection = await FaultSession.OpenAsync(connectionString, ApplicationName, cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            foreach (var payload in payloads)
            {
                await connection.ExecuteAsync(ForgeSql, cancellationToken, FaultSession.Text(payload), FaultSession.Text(aggregateId))
                    .ConfigureAwait(false);
            }
        }

        return payloads.Count;
    }
}
