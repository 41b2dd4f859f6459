-- For psql and other programs that ask by stream_name; the store itself asks by aggregate_id. Cost on appends: about +3 %.
CREATE INDEX IF NOT EXISTS idx_events_stream_name ON events (stream_name);
