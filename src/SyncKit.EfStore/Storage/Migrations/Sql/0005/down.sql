-- Which version became which, and where events came from, cannot be found again: Down refuses to drop it unless the session says so
-- (SET synckit.allow_drop = on).
DO $down$
BEGIN
    IF to_regclass('event_copies') IS NOT NULL AND to_regclass('event_origins') IS NOT NULL THEN
        LOCK TABLE event_copies, event_origins IN ACCESS EXCLUSIVE MODE;

        IF (EXISTS (SELECT FROM event_copies) OR EXISTS (SELECT FROM event_origins))
            AND current_setting('synckit.allow_drop', true) IS DISTINCT FROM 'on'
        THEN
            RAISE EXCEPTION 'The tables "event_copies" and "event_origins" hold where events were copied from; going down would lose it. To go down all the same: SET synckit.allow_drop = on in the session, or Options=-c synckit.allow_drop=on in the connection string.'
                USING ERRCODE = 'dependent_objects_still_exist';
        END IF;
    END IF;

    DROP TABLE IF EXISTS event_origins;
    DROP TABLE IF EXISTS event_copy_runs;
    DROP TABLE IF EXISTS event_copies;
END
$down$;
