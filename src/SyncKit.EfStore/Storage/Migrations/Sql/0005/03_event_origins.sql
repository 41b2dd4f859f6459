-- Where an event was first stored, as go-sync-kit's files say of those that were synchronised: its columns origin_node and origin_counter.
-- A table of its own, because few events have one, and because "events" is a contract with other programs.
CREATE TABLE IF NOT EXISTS event_origins (
    version        BIGINT NOT NULL,
    origin_node    TEXT,
    origin_counter BIGINT,
    CONSTRAINT event_origins_pkey PRIMARY KEY (version)
);
