-- Who changed or erased stored events, one row an event. Outside the EF model: plain SQL, like the triggers.
-- The defaults say who. The functions that write here run as their owner, so current_user would name that owner: what SET ROLE made of the
-- session is in the setting "role".
CREATE TABLE IF NOT EXISTS event_audit (
    audit_id          BIGINT GENERATED ALWAYS AS IDENTITY,
    occurred_at       TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT statement_timestamp(),
    operation         TEXT NOT NULL,
    login_role        TEXT NOT NULL DEFAULT session_user,
    acting_role       TEXT NOT NULL DEFAULT CASE current_setting('role') WHEN 'none' THEN session_user ELSE current_setting('role') END,
    -- NULL on a Unix socket.
    client_address    INET DEFAULT inet_client_addr(),
    application_name  TEXT NOT NULL DEFAULT current_setting('application_name'),
    transaction_id    BIGINT NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
    -- The event touched; NULL for TRUNCATE, which touches all.
    aggregate_id      TEXT,
    event_id          TEXT,
    -- The versions touched: those of one event are the same; NULL where an empty table was truncated.
    first_version     BIGINT,
    last_version      BIGINT,
    events            BIGINT NOT NULL DEFAULT 1,
    -- The event as it was before. NULL for TRUNCATE and ERASE; after an erasure its data and metadata are the tombstone.
    old_row           JSONB,
    -- Why, of an erasure.
    reason            TEXT,
    CONSTRAINT event_audit_pkey PRIMARY KEY (audit_id),
    CONSTRAINT event_audit_operation_check CHECK (operation IN ('UPDATE', 'DELETE', 'TRUNCATE', 'ERASE'))
);

-- An erasure finds by these what to scrub.
CREATE INDEX IF NOT EXISTS idx_event_audit_first_version ON event_audit (first_version);
CREATE INDEX IF NOT EXISTS idx_event_audit_event_id ON event_audit (event_id);
CREATE INDEX IF NOT EXISTS idx_event_audit_aggregate_id ON event_audit (aggregate_id);

-- What a transaction erased, for the trigger that must not write it down again.
CREATE INDEX IF NOT EXISTS idx_event_audit_erasure ON event_audit (transaction_id) WHERE operation = 'ERASE';

REVOKE ALL ON event_audit FROM PUBLIC;
