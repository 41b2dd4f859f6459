-- Events are facts: Down refuses to drop them unless the session says so (SET synckit.allow_drop = on).
-- An adopted table stays, as go-sync-kit made it; the places in the streams can be numbered again from the versions.
DO $down$
BEGIN
    LOCK TABLE events IN ACCESS EXCLUSIVE MODE;

    IF EXISTS (SELECT FROM events) AND current_setting('synckit.allow_drop', true) IS DISTINCT FROM 'on' THEN
        -- In the message, not a HINT: dotnet ef ends with the message alone.
        RAISE EXCEPTION 'The table "events" holds events; going down would lose them or their places in their streams. Newer migrations may have gone down already; "dotnet ef database update" or "synckit migrate" puts them back. To go down all the same: SET synckit.allow_drop = on in the session, or Options=-c synckit.allow_drop=on in the connection string.'
            USING ERRCODE = 'dependent_objects_still_exist';
    END IF;

    IF obj_description('events'::regclass, 'pg_class') = 'Event log, created by SyncKit.EfStore' THEN
        DROP TABLE events;
    ELSE
        DROP TRIGGER IF EXISTS events_notify_trigger ON events;
        DROP TRIGGER IF EXISTS events_stream_version_trigger ON events;
        DROP INDEX IF EXISTS idx_events_aggregate_id;
        ALTER TABLE events DROP COLUMN IF EXISTS stream_version;
        CREATE INDEX idx_events_aggregate_id ON events (aggregate_id);
    END IF;

    DROP TRIGGER IF EXISTS synckit_migrations_trigger ON __synckit_migrations;
    DROP FUNCTION IF EXISTS skip_recorded_migration();
    DROP FUNCTION IF EXISTS assign_event_stream_version();
    DROP FUNCTION IF EXISTS notify_event_inserted();
    DROP FUNCTION IF EXISTS event_stream_channel(TEXT);
END
$down$;
