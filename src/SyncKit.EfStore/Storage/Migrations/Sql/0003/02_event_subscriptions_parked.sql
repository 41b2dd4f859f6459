-- Events that a subscription could not handle, and those behind them in their streams. A stream with a row here is blocked.
CREATE TABLE IF NOT EXISTS event_subscriptions_parked (
    subscription  TEXT NOT NULL,
    version       BIGINT NOT NULL,
    event_id      TEXT NOT NULL,
    aggregate_id  TEXT NOT NULL,
    event_type    TEXT NOT NULL,
    attempts      INTEGER NOT NULL,
    error         TEXT NOT NULL,
    parked_at     TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
    status        TEXT NOT NULL DEFAULT 'parked',
    CONSTRAINT event_subscriptions_parked_pkey PRIMARY KEY (subscription, version),
    CONSTRAINT event_subscriptions_parked_status_check CHECK (status IN ('parked', 'replay'))
);
