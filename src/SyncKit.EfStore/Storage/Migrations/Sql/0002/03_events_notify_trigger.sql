-- Stands back in a transaction that says so: a writer that tells by itself after its commit, or not at all. Exactly 'off', because a
-- setting made for one transaction reads '' after it. Cost of the condition: 1 µs a statement; a transaction that stands back saves
-- the function and, above all, the lock that every notifying commit holds through its flush.
DROP TRIGGER IF EXISTS events_notify_trigger ON events;

CREATE TRIGGER events_notify_trigger
    AFTER INSERT ON events
    REFERENCING NEW TABLE AS new_events
    FOR EACH STATEMENT
    WHEN (current_setting('synckit.notify', true) IS DISTINCT FROM 'off')
    EXECUTE FUNCTION notify_event_inserted();
