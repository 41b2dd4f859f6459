-- One row for each named subscription: how far it is, who runs it, and what was asked of it. Outside the EF model: plain SQL, like the triggers.
-- Everything that decides between processes is decided here, by rows and by this server's clock, so that it works through PgBouncer too.
CREATE TABLE IF NOT EXISTS event_subscriptions (
    name               TEXT NOT NULL,
    -- Every event up to this version is handled, parked, skipped or filtered out. With it, what tells a rewound log from this one.
    checkpoint         BIGINT NOT NULL,
    event_id           TEXT,
    system_identifier  BIGINT,
    timeline           INTEGER,
    -- The lease: who, until when, and the number without which nobody moves the checkpoint. It only grows.
    lease_owner        TEXT,
    lease_until        TIMESTAMP WITH TIME ZONE,
    fencing_token      BIGINT NOT NULL DEFAULT 0,
    -- What was asked for, or what stopped it.
    status             TEXT NOT NULL DEFAULT 'running',
    error              TEXT,
    rebuild_from       BIGINT,
    rebuild_target     BIGINT,
    rebuild_started_at TIMESTAMP WITH TIME ZONE,
    updated_at         TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
    CONSTRAINT event_subscriptions_pkey PRIMARY KEY (name),
    CONSTRAINT event_subscriptions_status_check CHECK (status IN ('running', 'paused', 'faulted'))
);
