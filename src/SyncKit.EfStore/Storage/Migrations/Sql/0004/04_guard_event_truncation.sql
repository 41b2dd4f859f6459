-- TRUNCATE leaves no rows to write down: refused unless the session says so (SET synckit.allow_truncate = on), and then logged as itself.
-- What there was is counted before; the row is written after, so that it outlives a TRUNCATE of the audit in the same statement.
DO $install$
BEGIN
    EXECUTE format($template$
CREATE OR REPLACE FUNCTION %1$I.guard_event_truncation()
RETURNS TRIGGER
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF TG_WHEN = 'BEFORE' THEN
        IF current_setting('synckit.allow_truncate', true) IS DISTINCT FROM 'on' THEN
            RAISE EXCEPTION 'The table "events" holds facts, which TRUNCATE would lose without a trace. To truncate it all the same: SET synckit.allow_truncate = on in the session, or Options=-c synckit.allow_truncate=on in the connection string.'
                USING ERRCODE = 'insufficient_privilege';
        END IF;

        PERFORM set_config(
            'synckit.truncated',
            (SELECT jsonb_build_object('first', min(version), 'last', max(version), 'events', count(*))::text FROM %1$I.events),
            true);
    ELSE
        INSERT INTO %1$I.event_audit (operation, first_version, last_version, events)
        SELECT 'TRUNCATE', first, last, events
        FROM jsonb_to_record(current_setting('synckit.truncated')::jsonb) AS truncated (first bigint, last bigint, events bigint);
    END IF;

    RETURN NULL;
END
$function$;
$template$, current_schema());
END
$install$;

REVOKE ALL ON FUNCTION guard_event_truncation() FROM PUBLIC;
