-- What was copied into this log: one row for each copy, how far it is. Outside the EF model: plain SQL, like the triggers.
CREATE TABLE IF NOT EXISTS event_copies (
    copy_id              BIGINT GENERATED ALWAYS AS IDENTITY,
    -- Names the log it is of, wherever that is moved: the fingerprint of its first event.
    source               TEXT NOT NULL,
    -- Everything of it up to this version is dealt with; the fingerprint of the event there tells whether it still is that log.
    position             BIGINT NOT NULL,
    position_fingerprint TEXT NOT NULL,
    -- Whether events got the versions they had.
    keeps_versions       BOOLEAN NOT NULL,
    started_at           TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
    updated_at           TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
    CONSTRAINT event_copies_pkey PRIMARY KEY (copy_id)
);

CREATE INDEX IF NOT EXISTS idx_event_copies_source ON event_copies (source);
