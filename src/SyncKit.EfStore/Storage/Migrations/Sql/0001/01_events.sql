-- The event log: one row an event, never changed.
-- Other programs share this table (psql, Go services), so names and types are a contract.
-- An events table that is already there was made by go-sync-kit's store: it is adopted, every row kept.
-- The comment tells the two apart, so that Down never drops a table it did not create.
DO $create$
BEGIN
    IF to_regclass(format('%I.events', current_schema())) IS NULL THEN
        CREATE TABLE events (
            version         BIGSERIAL,
            id              TEXT NOT NULL,
            aggregate_id    TEXT NOT NULL,
            event_type      TEXT NOT NULL,
            data            JSONB,
            metadata        JSONB,
            created_at      TIMESTAMP WITH TIME ZONE DEFAULT now(),
            stream_name     TEXT GENERATED ALWAYS AS ('stream_' || aggregate_id) STORED,
            stream_version  BIGINT NOT NULL,
            CONSTRAINT events_pkey PRIMARY KEY (version),
            CONSTRAINT events_id_key UNIQUE (id)
        );
        COMMENT ON TABLE events IS 'Event log, created by SyncKit.EfStore';
    END IF;

    LOCK TABLE events IN ACCESS EXCLUSIVE MODE;
END
$create$;
