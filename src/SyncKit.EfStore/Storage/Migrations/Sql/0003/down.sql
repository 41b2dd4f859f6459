-- A checkpoint cannot be found again: Down refuses to drop them unless the session says so (SET synckit.allow_drop = on).
DO $down$
BEGIN
    IF to_regclass('event_subscriptions') IS NOT NULL THEN
        LOCK TABLE event_subscriptions IN ACCESS EXCLUSIVE MODE;

        IF EXISTS (SELECT FROM event_subscriptions) AND current_setting('synckit.allow_drop', true) IS DISTINCT FROM 'on' THEN
            RAISE EXCEPTION 'The table "event_subscriptions" holds checkpoints; going down would lose them. Newer migrations may have gone down already; "dotnet ef database update" or "synckit migrate" puts them back. To go down all the same: SET synckit.allow_drop = on in the session, or Options=-c synckit.allow_drop=on in the connection string.'
                USING ERRCODE = 'dependent_objects_still_exist';
        END IF;
    END IF;

    DROP TABLE IF EXISTS event_subscriptions_parked;
    DROP TABLE IF EXISTS event_subscriptions;
END
$down$;
