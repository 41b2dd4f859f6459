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
    _versions BIGINT[];
    _names TEXT[];
    _more_versions BIGINT[];
    _more_names TEXT[];
    _sampled RECORD;
    _logs OID[];
    _unsampled TEXT[];
    _notify CONSTANT TEXT := coalesce(current_setting('synckit.notify', true), '');
    _target CONSTANT TEXT := current_setting('default_statistics_target');
    _stand_in CONSTANT TEXT := 'synckit-erasure-' || gen_random_uuid();
    _statement TEXT;
BEGIN
    IF of_aggregate_id IS NULL AND of_versions IS NULL THEN
        RAISE EXCEPTION 'Name what to erase: an aggregate id, versions, or both.' USING ERRCODE = 'invalid_parameter_value';
    END IF;

    IF for_reason IS NULL OR btrim(for_reason) = '' THEN
        RAISE EXCEPTION 'An erasure needs a reason.' USING ERRCODE = 'invalid_parameter_value';
    END IF;

    -- What others commit while this waits must be seen after the wait.
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE EXCEPTION 'An erasure needs a transaction of READ COMMITTED, this one is of %%.', upper(current_setting('transaction_isolation'))
            USING ERRCODE = 'active_sql_transaction';
    END IF;

    -- Readers and writers do not notice this lock; ANALYZE and VACUUM do. An ANALYZE that is under way has seen the old content and is waited
    -- for, and none begins until this is committed. Before every other lock: whoever waits here holds up nobody.
    LOCK TABLE %1$I.events, %1$I.event_audit, %1$I.event_subscriptions_parked, %1$I.event_subscriptions IN SHARE UPDATE EXCLUSIVE MODE;

    -- What ANALYZE is told to take no sample of keeps the old one: it is told otherwise until the end. Not an expression of an index, where that
    -- counts for this session only after the commit.
    SELECT array_agg(relation) INTO _logs
    FROM unnest(ARRAY['events', 'event_audit', 'event_subscriptions', 'event_subscriptions_parked']) AS named (name),
        LATERAL to_regclass(quote_ident(%3$L) || '.' || name) AS relation;
    _unsampled := ARRAY (
        SELECT 'ALTER TABLE ' || attrelid::regclass || ' ALTER COLUMN ' || quote_ident(attname)
        FROM pg_attribute
        WHERE attrelid = ANY (_logs) AND attnum > 0 AND NOT attisdropped AND attstattarget = 0
        UNION ALL
        SELECT 'ALTER STATISTICS ' || stxnamespace::regnamespace || '.' || quote_ident(stxname)
        FROM pg_statistic_ext
        WHERE stxrelid = ANY (_logs) AND stxstattarget = 0);
    FOREACH _statement IN ARRAY _unsampled LOOP
        EXECUTE _statement || ' SET STATISTICS 1';
    END LOOP;

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

    -- Of events that were deleted or renamed before, too: by whatever names the audit knows them, from one to the next.
    _versions := _found;
    _names := _ids;
    IF of_aggregate_id IS NULL THEN
        _versions := _versions || of_versions;
    ELSE
        SELECT _versions || array_agg(first_version), _names || array_agg(event_id)
        INTO _versions, _names
        FROM %1$I.event_audit
        WHERE aggregate_id = of_aggregate_id AND operation = 'DELETE' AND (of_versions IS NULL OR first_version = ANY (of_versions));
    END IF;

    LOOP
        _more_versions := ARRAY (
            SELECT first_version FROM %1$I.event_audit WHERE event_id = ANY (_names) AND old_row IS NOT NULL
            EXCEPT SELECT unnest(_versions));
        _more_names := ARRAY (
            SELECT event_id FROM %1$I.event_audit WHERE first_version = ANY (_versions) AND old_row IS NOT NULL
            EXCEPT SELECT unnest(_names));
        EXIT WHEN cardinality(_more_versions) + cardinality(_more_names) = 0;
        _versions := _versions || _more_versions;
        _names := _names || _more_names;
    END LOOP;

    UPDATE %1$I.event_audit
    SET old_row = old_row || _tombstones
    WHERE old_row IS NOT NULL
        AND (old_row -> 'data', old_row -> 'metadata') IS DISTINCT FROM (_tombstone, _tombstone)
        AND (first_version = ANY (_versions)
            OR event_id = ANY (_names)
            OR aggregate_id = of_aggregate_id AND (of_versions IS NULL OR first_version = ANY (of_versions)));

    -- What a handler threw may quote the event. Whoever writes such a text down takes a lock on this table that conflicts with this one, until
    -- the commit, and looks only then whether the event still stands (ErrorTexts.cs). So what was written before is seen here, and what comes
    -- after meets the tombstone. After the lock of the stream, which such a writer may hold already; before those of the rows of subscriptions,
    -- as everywhere.
    LOCK TABLE %1$I.event_subscriptions_parked IN SHARE ROW EXCLUSIVE MODE;

    UPDATE %1$I.event_subscriptions_parked
    SET error = 'The error text went with the erasure of this event.'
    WHERE version IN (SELECT unnest(_versions))
        OR event_id IN (SELECT unnest(_names))
        OR aggregate_id = of_aggregate_id AND of_versions IS NULL;

    UPDATE %1$I.event_subscriptions
    SET error = regexp_replace(error, '(event of version [0-9]+).*', '\1; the error text went with the erasure of this event.')
    WHERE substring(error FROM 'event of version ([0-9]+)') IN (SELECT one.version::text FROM unnest(_versions) AS one (version));

    -- A sample of a column's values is kept for the planner, of an index's expressions and of extended statistics too. ANALYZE takes a new one,
    -- but leaves the old where it meets no row. So it is given one that nobody else sees, with a sample large enough to meet it between dead rows.
    -- To drop the old sample instead would need an ACCESS EXCLUSIVE lock, and fail where a view reads the column.
    FOR _sampled IN
        SELECT tables.oid AS relation, tables.oid::regclass::text AS name, stand_in.insertion, stand_in.key
        FROM pg_class AS tables
        JOIN (VALUES
            ('events', '(version, id, aggregate_id, event_type, stream_version) VALUES (-9223372036854775808, $1, $1, '''', 0)', 'id'),
            ('event_audit', '(operation, event_id) VALUES (''ERASE'', $1)', 'event_id'),
            ('event_subscriptions', '(name, checkpoint) VALUES ($1, 0)', 'name'),
            ('event_subscriptions_parked',
                '(subscription, version, event_id, aggregate_id, event_type, attempts, error) VALUES ($1, 0, '''', '''', '''', 0, '''')',
                'subscription')
        ) AS stand_in (relname, insertion, key) USING (relname)
        WHERE tables.oid = ANY (_logs)
            AND EXISTS (
                SELECT FROM pg_stats
                WHERE schemaname = %3$L AND (tablename = relname OR tablename IN (
                    SELECT indexes.relname FROM pg_index JOIN pg_class AS indexes ON indexes.oid = indexrelid WHERE indrelid = tables.oid)))
    LOOP
        EXECUTE 'ANALYZE ' || _sampled.name;
        IF (SELECT reltuples FROM pg_class WHERE oid = _sampled.relation) <= 0 THEN
            PERFORM set_config('default_statistics_target', '10000', true), set_config('synckit.notify', 'off', true);
            EXECUTE 'INSERT INTO ' || _sampled.name || _sampled.insertion USING _stand_in;
            EXECUTE 'ANALYZE ' || _sampled.name;
            EXECUTE 'DELETE FROM ' || _sampled.name || ' WHERE ' || _sampled.key || ' = $1' USING _stand_in;
            DELETE FROM %1$I.event_audit WHERE event_id = _stand_in;
            PERFORM set_config('default_statistics_target', _target, true), set_config('synckit.notify', _notify, true);
            IF (SELECT reltuples FROM pg_class WHERE oid = _sampled.relation) <= 0 THEN
                RAISE EXCEPTION 'The planner''s sample of %% cannot be taken anew, ANALYZE meets dead rows only. VACUUM it, then erase again.',
                    _sampled.name
                    USING ERRCODE = 'object_not_in_prerequisite_state';
            END IF;
        END IF;
    END LOOP;

    FOREACH _statement IN ARRAY _unsampled LOOP
        EXECUTE _statement || ' SET STATISTICS 0';
    END LOOP;

    RETURN QUERY SELECT * FROM unnest(_found, _fresh);
END
$function$;
$template$, current_schema(), format('%I.events', current_schema()), current_schema());
END
$install$;

REVOKE ALL ON FUNCTION erase_events(TEXT, BIGINT[], TEXT) FROM PUBLIC;
