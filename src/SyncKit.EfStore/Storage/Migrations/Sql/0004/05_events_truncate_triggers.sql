-- See guard_event_truncation.
DROP TRIGGER IF EXISTS events_truncate_guard_trigger ON events;
DROP TRIGGER IF EXISTS events_truncate_audit_trigger ON events;

CREATE TRIGGER events_truncate_guard_trigger
    BEFORE TRUNCATE ON events
    FOR EACH STATEMENT
    EXECUTE FUNCTION guard_event_truncation();

CREATE TRIGGER events_truncate_audit_trigger
    AFTER TRUNCATE ON events
    FOR EACH STATEMENT
    EXECUTE FUNCTION guard_event_truncation();
