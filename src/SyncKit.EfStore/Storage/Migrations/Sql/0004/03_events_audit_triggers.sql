-- Once a statement, over all its rows: deleting 100,000 events is one more INSERT, not 100,000. Nothing of it runs on INSERT.
-- Two triggers, because one with transition tables has one event.
DROP TRIGGER IF EXISTS events_audit_update_trigger ON events;
DROP TRIGGER IF EXISTS events_audit_delete_trigger ON events;

CREATE TRIGGER events_audit_update_trigger
    AFTER UPDATE ON events
    REFERENCING OLD TABLE AS old_events NEW TABLE AS new_events
    FOR EACH STATEMENT
    EXECUTE FUNCTION audit_event_changes();

CREATE TRIGGER events_audit_delete_trigger
    AFTER DELETE ON events
    REFERENCING OLD TABLE AS old_events
    FOR EACH STATEMENT
    EXECUTE FUNCTION audit_event_changes();
