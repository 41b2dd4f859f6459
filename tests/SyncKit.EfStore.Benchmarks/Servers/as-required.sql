-- Events table with enhanced indexing for performance
CREATE TABLE events (
    version         BIGSERIAL PRIMARY KEY,
    id              TEXT NOT NULL UNIQUE,
    aggregate_id    TEXT NOT NULL,
    event_type      TEXT NOT NULL,
    data            JSONB,
    metadata        JSONB,
    created_at      TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    stream_name     TEXT GENERATED ALWAYS AS ('stream_' || aggregate_id) STORED
);

-- Indexes for optimal query performance
CREATE INDEX idx_events_aggregate_id ON events (aggregate_id);
CREATE INDEX idx_events_version ON events (version);
CREATE INDEX idx_events_created_at ON events (created_at);
CREATE INDEX idx_events_stream_name ON events (stream_name);
CREATE INDEX idx_events_type ON events (event_type);

-- Trigger function to send notifications
CREATE OR REPLACE FUNCTION notify_event_inserted()
RETURNS TRIGGER AS $$
BEGIN
    -- Notify on the specific stream channel
    PERFORM pg_notify(NEW.stream_name, json_build_object(
        'version', NEW.version,
        'aggregate_id', NEW.aggregate_id,
        'event_type', NEW.event_type,
        'id', NEW.id
    )::text);
    
    -- Notify on the global events channel
    PERFORM pg_notify('events_global', json_build_object(
        'version', NEW.version,
        'aggregate_id', NEW.aggregate_id,
        'event_type', NEW.event_type,
        'id', NEW.id
    )::text);
    
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;

-- Trigger to fire notifications
CREATE TRIGGER events_notify_trigger
    AFTER INSERT ON events
    FOR EACH ROW
    EXECUTE FUNCTION notify_event_inserted();
