-- For psql and other programs that ask by stream_name; the store itself asks by aggregate_id. Cost on bulk loads: about +3 %; on
-- appends: 2 of 24 µs an event, few enough to keep what the requirements ask for.
-- One of this name that begins with another column, holds some rows only or was never built to its end is replaced; any other stays,
-- as go-sync-kit's do.
DO $index$
BEGIN
    IF EXISTS (
        SELECT FROM pg_index
        WHERE indexrelid = to_regclass(format('%I.idx_events_stream_name', current_schema()))
            AND (NOT indisvalid OR indpred IS NOT NULL OR indexprs IS NOT NULL OR pg_get_indexdef(indexrelid, 1, false) <> 'stream_name')
    ) THEN
        DROP INDEX idx_events_stream_name;
    END IF;

    CREATE INDEX IF NOT EXISTS idx_events_stream_name ON events (stream_name);
END
$index$;
