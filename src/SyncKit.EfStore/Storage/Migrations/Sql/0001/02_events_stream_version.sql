-- On an adopted table: the place of each event in its stream, numbered by version.
-- Guarded, because even SET NOT NULL on a column that has it already would scan nothing but lock again.
DO $number$
BEGIN
    IF EXISTS (
        SELECT FROM pg_attribute
        WHERE attrelid = 'events'::regclass AND attname = 'stream_version' AND attnotnull AND NOT attisdropped
    ) THEN
        RETURN;
    END IF;

    ALTER TABLE events ADD COLUMN IF NOT EXISTS stream_version BIGINT;

    UPDATE events
    SET stream_version = numbered.stream_version
    FROM (
        SELECT version, row_number() OVER (PARTITION BY aggregate_id ORDER BY version) AS stream_version
        FROM events
    ) AS numbered
    WHERE events.version = numbered.version
        AND events.stream_version IS DISTINCT FROM numbered.stream_version;

    ALTER TABLE events ALTER COLUMN stream_version SET NOT NULL;
END
$number$;
