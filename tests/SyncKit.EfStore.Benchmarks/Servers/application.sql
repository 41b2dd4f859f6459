-- What an application has beside the log: a table of its own, and a plain table with the columns, indexes and rows of the log, but without its
-- triggers: what it would write to if there were no event store. Both draw from one sequence, and only one of both is written to in a copy.
CREATE TABLE orders (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer    TEXT NOT NULL,
    total       NUMERIC(12, 2) NOT NULL,
    placed_at   TIMESTAMP WITH TIME ZONE NOT NULL
);

CREATE TABLE plain_events (LIKE events INCLUDING ALL);

INSERT INTO plain_events (version, id, aggregate_id, event_type, data, metadata, created_at, stream_version)
SELECT version, id, aggregate_id, event_type, data, metadata, created_at, stream_version FROM events ORDER BY version;
