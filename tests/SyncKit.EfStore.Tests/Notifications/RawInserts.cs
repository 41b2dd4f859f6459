using Npgsql;

namespace SyncKit.EfStore.Tests.Notifications;

/// <summary>Events as other programs write them.</summary>
internal static class RawInserts
{
    internal static async Task<string> InsertAsync(
        this NpgsqlConnection connection, string aggregateId, string? id = null, string eventType = "Tested")
    {
        id ??= Guid.NewGuid().ToString();
        await connection.RunAsync("INSERT INTO events (id, aggregate_id, event_type) VALUES ($1, $2, $3)", id, aggregateId, eventType);
        return id;
    }

    /// <summary>go-sync-kit's own row trigger and function, which a Go service puts back at each start.</summary>
    internal static Task PutGoTriggerBackAsync(this NpgsqlConnection connection) => connection.RunAsync(
        """
        CREATE OR REPLACE FUNCTION notify_event_inserted() RETURNS TRIGGER AS $$
        BEGIN
            PERFORM pg_notify(NEW.stream_name, json_build_object(
                'version', NEW.version, 'aggregate_id', NEW.aggregate_id, 'event_type', NEW.event_type, 'id', NEW.id)::text);
            PERFORM pg_notify('events_global', json_build_object(
                'version', NEW.version, 'aggregate_id', NEW.aggregate_id, 'event_type', NEW.event_type, 'id', NEW.id)::text);
            RETURN NEW;
        END;
        $$ LANGUAGE plpgsql;
        DROP TRIGGER IF EXISTS events_notify_trigger ON events;
        CREATE TRIGGER events_notify_trigger AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION notify_event_inserted();
        """);

    /// <summary>
    /// Tells of an event of stream a with the version that the next inserted row gets: one that leaves its stream version out draws twice.
    /// </summary>
    internal static Task<int> ForgeNextAsync(this NpgsqlConnection connection, string id) => connection.RunAsync(
        """
        SELECT pg_notify(channel, json_build_object('version', last_value + 2, 'id', $1::text, 'aggregate_id', 'a', 'event_type', 't',
            'created_at', NULL, 'stream_version', 2)::text)
        FROM events_version_seq, unnest(ARRAY['events_global', 'stream_a']) AS channel
        """,
        id);
}
