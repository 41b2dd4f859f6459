-- Gives a row its place in its stream, for writers that leave stream_version out (psql, Go, plain EF).
-- All who assign a place take this lock first, so writers of one stream wait for each other instead of failing.
-- version was drawn before the lock: it is drawn again, so that the order in a stream is the order of versions.
-- A version the caller chose is kept; currval raises where this session has drawn none, and then the caller chose it.
CREATE OR REPLACE FUNCTION assign_event_stream_version()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET enable_seqscan = off
AS $function$
DECLARE
    _version_sequence REGCLASS := pg_get_serial_sequence('events', 'version');
    _drawn BIGINT;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(NEW.aggregate_id, TG_RELID::bigint));

    BEGIN
        _drawn := currval(_version_sequence);
    EXCEPTION
        WHEN object_not_in_prerequisite_state THEN
            _drawn := NULL;
    END;

    IF NEW.version = _drawn THEN
        NEW.version := nextval(_version_sequence);
    END IF;

    -- A statement after the lock, so that it sees what the writer before committed.
    SELECT stream_version INTO NEW.stream_version
    FROM events
    WHERE aggregate_id = NEW.aggregate_id
    ORDER BY stream_version DESC
    LIMIT 1;

    NEW.stream_version := coalesce(NEW.stream_version, 0) + 1;
    RETURN NEW;
END
$function$;
