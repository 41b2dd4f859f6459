-- Tells of each inserted event on its stream's channel and on events_global.
-- A payload holds fewer than 8000 bytes: one that would not fit drops to the versions, and readers look the rest up.
-- A statement of more than 10,000 rows sends one range for each stream and one for all, so that a bulk load does not flood the queue.
-- The settings: pg_restore runs with an empty search_path; a plan cached while the table was empty must not scan it when it is full.
CREATE OR REPLACE FUNCTION notify_event_inserted()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET enable_seqscan = off
AS $function$
BEGIN
    IF (SELECT count(*) FROM new_events) <= 10000 THEN
        PERFORM
            pg_notify(event_stream_channel(inserted.stream_name), inserted.payload),
            pg_notify('events_global', inserted.payload)
        FROM (
            SELECT
                whole.stream_name,
                CASE
                    WHEN octet_length(whole.payload) < 8000 THEN whole.payload
                    ELSE json_build_object('version', whole.version, 'stream_version', whole.stream_version)::text
                END AS payload
            FROM (
                SELECT
                    version,
                    stream_name,
                    stream_version,
                    json_build_object(
                        'version', version,
                        'id', id,
                        'aggregate_id', aggregate_id,
                        'event_type', event_type,
                        'created_at', created_at,
                        'stream_name', stream_name,
                        'stream_version', stream_version
                    )::text AS payload
                FROM new_events
            ) AS whole
            ORDER BY whole.version
        ) AS inserted;
    ELSE
        PERFORM pg_notify(
            event_stream_channel(stream_name),
            json_build_object('first_version', min(version), 'last_version', max(version), 'count', count(*))::text)
        FROM new_events
        GROUP BY stream_name;

        PERFORM pg_notify(
            'events_global',
            json_build_object('first_version', min(version), 'last_version', max(version), 'count', count(*))::text)
        FROM new_events;
    END IF;

    RETURN NULL;
END
$function$;
