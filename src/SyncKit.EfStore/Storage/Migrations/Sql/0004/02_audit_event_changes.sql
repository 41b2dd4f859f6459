-- Writes down the rows that an UPDATE or DELETE of events touched, as they were before.
-- Runs as its owner, so that whoever may change events leaves a trace without a right to the audit. Therefore every name has its schema,
-- and nobody else may put it on a table of their own.
-- What erase_events replaced has its row already, and its content must not come back here. Excused is that one change and no other: of an event
-- that its transaction erases and has not changed since, content becomes tombstone, and all the rest stays. Only the owner of the audit can
-- write such a row.
DO $install$
BEGIN
    EXECUTE format($template$
CREATE OR REPLACE FUNCTION %1$I.audit_event_changes()
RETURNS TRIGGER
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $function$
DECLARE
    _tombstone CONSTANT JSONB := '{"$erased": true}';
    _erasing CONSTANT BIGINT[] := ARRAY (
        SELECT first_version FROM %1$I.event_audit WHERE operation = 'ERASE' AND transaction_id = pg_current_xact_id()::text::bigint);
BEGIN
    IF TG_OP = 'DELETE' THEN
        INSERT INTO %1$I.event_audit (operation, aggregate_id, event_id, first_version, last_version, old_row)
        SELECT 'DELETE', aggregate_id, id, version, version, to_jsonb(old_event)
        FROM old_events AS old_event
        ORDER BY version;
    ELSE
        -- EXCEPT and not a join: linear whatever the planner thinks of tables it has no statistics of.
        INSERT INTO %1$I.event_audit (operation, aggregate_id, event_id, first_version, last_version, old_row)
        SELECT 'UPDATE', aggregate_id, id, version, version, to_jsonb(old_event)
        FROM old_events AS old_event
        WHERE version NOT IN (
            SELECT unnest(_erasing)
            EXCEPT (
                SELECT version FROM new_events WHERE (data, metadata) IS DISTINCT FROM (_tombstone, _tombstone)
                UNION ALL
                SELECT version FROM old_events WHERE (data, metadata) IS NOT DISTINCT FROM (_tombstone, _tombstone)
                UNION ALL
                SELECT version
                FROM (
                    SELECT version, id, aggregate_id, event_type, created_at, stream_version FROM old_events
                    EXCEPT
                    SELECT version, id, aggregate_id, event_type, created_at, stream_version FROM new_events
                ) AS otherwise
                UNION ALL
                SELECT first_version
                FROM %1$I.event_audit
                WHERE first_version = ANY (_erasing) AND transaction_id = pg_current_xact_id()::text::bigint
                GROUP BY first_version
                HAVING max(audit_id) > max(audit_id) FILTER (WHERE operation = 'ERASE')))
        ORDER BY version;
    END IF;

    RETURN NULL;
END
$function$;
$template$, current_schema());
END
$install$;

REVOKE ALL ON FUNCTION audit_event_changes() FROM PUBLIC;
