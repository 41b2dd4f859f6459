-- What was erased stays erased. Who did what cannot be found again: Down refuses to drop it unless the session says so
-- (SET synckit.allow_drop = on).
DO $down$
BEGIN
    IF to_regclass('event_audit') IS NOT NULL THEN
        LOCK TABLE event_audit IN ACCESS EXCLUSIVE MODE;

        IF EXISTS (SELECT FROM event_audit) AND current_setting('synckit.allow_drop', true) IS DISTINCT FROM 'on' THEN
            RAISE EXCEPTION 'The table "event_audit" holds who changed or erased events; going down would lose it. Newer migrations may have gone down already; "dotnet ef database update" or "synckit migrate" puts them back. To go down all the same: SET synckit.allow_drop = on in the session, or Options=-c synckit.allow_drop=on in the connection string.'
                USING ERRCODE = 'dependent_objects_still_exist';
        END IF;
    END IF;

    DROP TRIGGER IF EXISTS events_audit_update_trigger ON events;
    DROP TRIGGER IF EXISTS events_audit_delete_trigger ON events;
    DROP TRIGGER IF EXISTS events_truncate_guard_trigger ON events;
    DROP TRIGGER IF EXISTS events_truncate_audit_trigger ON events;
    DROP FUNCTION IF EXISTS audit_event_changes();
    DROP FUNCTION IF EXISTS guard_event_truncation();
    DROP FUNCTION IF EXISTS erase_events(TEXT, BIGINT[], TEXT);
    DROP TABLE IF EXISTS event_audit;
END
$down$;
