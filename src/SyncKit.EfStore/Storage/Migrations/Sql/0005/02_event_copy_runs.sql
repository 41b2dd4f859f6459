-- Which version became which: so many events from source_version on, each one version further, got those from target_version on.
CREATE TABLE IF NOT EXISTS event_copy_runs (
    copy_id        BIGINT NOT NULL,
    source_version BIGINT NOT NULL,
    target_version BIGINT NOT NULL,
    events         BIGINT NOT NULL,
    CONSTRAINT event_copy_runs_pkey PRIMARY KEY (copy_id, source_version)
);
