-- Reads by event type, in version order. Cost on appends: +12 %.
CREATE INDEX IF NOT EXISTS idx_events_type ON events (event_type, version);
