-- Replaces data and metadata of events by a tombstone for good: of one stream, of some versions, or of those versions of that stream.
-- Everything else of them stays, so order, streams and subscriptions do. Says of each event whether it was erased now or had been before.
-- The old content goes from every place in this database that may hold it: the audit's old rows, the error texts of subscriptions, the
-- statistics of the planner. What remains physically until VACUUM are dead rows, which no query and no dump shows.
-- Runs as its owner: who may call it needs no other right. Therefore every name has its schema.
DO $install$
BEGIN
    EXECUTE format($template$
CREATE OR REPLACE FUNCTION %1$I.erase_events(of_aggregate_id TEXT, of_versions BIGINT[], for_reason TEXT)
RETURNS TABLE (erased_version BIGINT, erased_now BOOLEAN)
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $function$
DECLARE
    _tombstone CONSTANT JSONB := '{"$erased": true}';
    _tombstones CONSTANT JSONB := jsonb_build_object('data', _tombstone, 'metadata', _tombstone);
    _found BIGINT[];
    _ids TEXT[];
    _fresh BOOLEAN[];
    _changed BIGINT[];
    _table TEXT;
BEGIN
    IF of_aggregate_id IS NULL AND of_versions IS NULL THEN
        RAISE EXCEPTION 'Name what to erase: an aggregate id, versions, or both.' USING ERRCODE = 'invalid_parameter_value';
    END IF;

    IF for_reason IS NULL OR btrim(for_reason) = '' THEN
        RAISE EXCEPTION 'An erasure needs a reason.' USING ERRCODE = 'invalid_parameter_value';
    END IF;

    -- The lock of the stream's writers: an append that is open comes first, and is erased too.
    IF of_aggregate_id IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(of_aggregate_id, %2$L::regclass::oid::bigint));

        SELECT array_agg(locked.version), array_agg(locked.id), array_agg(locked.is_fresh)
        INTO _found, _ids, _fresh
        FROM (
            SELECT version, id, (data, metadata) IS DISTINCT FROM (_tombstone, _tombstone) AS is_fresh
            FROM %1$I.events
            WHERE aggregate_id = of_aggregate_id AND (of_versions IS NULL OR version = ANY (of_versions))
            ORDER BY version
            FOR UPDATE
        ) AS locked;
    ELSE
        SELECT array_agg(locked.version), array_agg(locked.id), array_agg(locked.is_fresh)
        INTO _found, _ids, _fresh
        FROM (
            SELECT version, id, (data, metadata) IS DISTINCT FROM (_tombstone, _tombstone) AS is_fresh
            FROM %1$I.events
            WHERE version = ANY (of_versions)
            ORDER BY version
            FOR UPDATE
        ) AS locked;
    END IF;

    _changed := ARRAY (SELECT one.version FROM unnest(_found, _fresh) AS one (version, is_fresh) WHERE one.is_fresh);

    -- First, because it tells the audit trigger to keep the old content out.
    INSERT INTO %1$I.event_audit (operation, aggregate_id, event_id, first_version, last_version, reason)
    SELECT 'ERASE', aggregate_id, id, version, version, for_reason
    FROM %1$I.events
    WHERE version = ANY (_changed)
    ORDER BY version;

    UPDATE %1$I.events SET data = _tombstone, metadata = _tombstone WHERE version = ANY (_changed);

    -- Of events that were deleted or renamed before, too: by whatever name the audit knows them.
    UPDATE %1$I.event_audit
    SET old_row = old_row || _tombstones
    WHERE old_row IS NOT NULL
        AND (old_row -> 'data', old_row -> 'metadata') IS DISTINCT FROM (_tombstone, _tombstone)
        AND (first_version = ANY (_found)
            OR event_id = ANY (_ids)
            OR first_version = ANY (of_versions) AND of_aggregate_id IS NULL
            OR aggregate_id = of_aggregate_id AND (of_versions IS NULL OR first_version = ANY (of_versions)));

    -- What a handler threw may quote the event.
    UPDATE %1$I.event_subscriptions_parked
    SET error = 'The error text went with the erasure of this event.'
    WHERE version = ANY (_found) OR version = ANY (of_versions) AND of_aggregate_id IS NULL OR aggregate_id = of_aggregate_id AND of_versions IS NULL;

    UPDATE %1$I.event_subscriptions
    SET error = regexp_replace(error, '(event of version [0-9]+).*', '\1; the error text went with the erasure of this event.')
    WHERE substring(error FROM 'event of version ([0-9]+)')::bigint = ANY (_found);

    -- A sample of a column's values is kept for the planner. ANALYZE takes a new one. One that is under way has seen the old content, and
    -- one that begins now would: this lock, which readers and writers do not notice, waits for the first and makes the other wait.
    LOCK TABLE %1$I.events, %1$I.event_audit, %1$I.event_subscriptions_parked, %1$I.event_subscriptions IN SHARE UPDATE EXCLUSIVE MODE;
    FOR _table IN
        SELECT DISTINCT tablename
        FROM pg_stats
        WHERE schemaname = %3$L
            AND (tablename, attname) IN (
                ('events', 'data'), ('events', 'metadata'), ('event_audit', 'old_row'),
                ('event_subscriptions_parked', 'error'), ('event_subscriptions', 'error'))
    LOOP
        EXECUTE 'ANALYZE ' || quote_ident(%3$L) || '.' || quote_ident(_table);
    END LOOP;

    RETURN QUERY SELECT * FROM unnest(_found, _fresh);
END
$function$;
$template$, current_schema(), format('%I.events', current_schema()), current_schema());
END
$install$;

REVOKE ALL ON FUNCTION erase_events(TEXT, BIGINT[], TEXT) FROM PUBLIC;
