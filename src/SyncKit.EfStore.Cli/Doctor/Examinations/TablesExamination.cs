namespace SyncKit.EfStore.Cli.Doctor.Examinations;

/// <summary>Whether the tables keep what is written to them: nothing in between swallows, hides, refuses or loses rows.</summary>
internal sealed class TablesExamination : IExamination
{
    // Each arm: what is wrong, what to do, whether it is a fault. pg_trigger.tgtype: 2 before, 4 INSERT.
    private const string ReadSql = $"""
        WITH ours AS (
            SELECT relation.oid, quote_ident(relation.relname) AS name, relation.relpersistence, relation.relrowsecurity, relation.relforcerowsecurity,
                relation.relowner
            FROM unnest($1) AS one (name)
            JOIN pg_class AS relation ON relation.oid = to_regclass(one.name))
        SELECT format('Table %s is UNLOGGED: a crash of the server empties it.', name), format('ALTER TABLE %s SET LOGGED;', name), true
        FROM ours WHERE relpersistence <> 'p'
        UNION ALL
        SELECT format('Sequence %s is UNLOGGED: a crash of the server sets it back.', oid::regclass), format('ALTER SEQUENCE %s SET LOGGED;', oid::regclass), true
        FROM pg_class WHERE oid = {LogNames.Sequence} AND relpersistence <> 'p'
        UNION ALL
        SELECT format('Table %s has row level security: rows are hidden or refused without a word.', name),
            format('ALTER TABLE %1$s NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;', name), true
        FROM ours WHERE relrowsecurity OR relforcerowsecurity
        UNION ALL
        SELECT format('Rule %I rewrites statements on %s.', rule.rulename, name), format('DROP RULE %I ON %s;', rule.rulename, name), true
        FROM ours JOIN pg_rewrite AS rule ON rule.ev_class = ours.oid WHERE rule.ev_type <> '1' AND rule.ev_enabled <> 'D'
        UNION ALL
        SELECT format('Table %s inherits from %s: its rows are read with it, and unique there is not unique here.', link.inhrelid::regclass, name),
            format('ALTER TABLE %s NO INHERIT %s;', link.inhrelid::regclass, name), true
        FROM ours JOIN pg_inherits AS link ON link.inhparent = ours.oid
        UNION ALL
        SELECT format('Table %s inherits from %s, where its rows are read and changed too.', name, link.inhparent::regclass),
            format('ALTER TABLE %s NO INHERIT %s;', name, link.inhparent::regclass), false
        FROM ours JOIN pg_inherits AS link ON link.inhrelid = ours.oid
        UNION ALL
        SELECT format('Constraint %I of %s, which no migration made, may refuse rows.', rule.conname, name),
            format('If nobody wants it: ALTER TABLE %s DROP CONSTRAINT %I;', name, rule.conname), false
        FROM ours JOIN pg_constraint AS rule ON rule.conrelid = ours.oid
        WHERE rule.contype IN ('c', 'f', 'x') AND NOT rule.conname = ANY ($2)
        UNION ALL
        SELECT format('Trigger %I, which no migration made, runs before every INSERT into %s: it may change or drop rows, and fail appends.', one.tgname, name),
            format('If nobody wants it: DROP TRIGGER %I ON %s; what only reacts to rows does so AFTER INSERT.', one.tgname, name), false
        FROM ours JOIN pg_trigger AS one ON one.tgrelid = ours.oid
        WHERE NOT one.tgisinternal AND one.tgenabled <> 'D' AND one.tgtype & 6 = 6 AND NOT one.tgname = ANY ($3)
        UNION ALL
        SELECT format('Function %s runs as %s, which may not write %s: changes of events fail, or leave no trace.', code.oid::regprocedure, owner.rolname, name),
            format('ALTER FUNCTION %s OWNER TO %s;', code.oid::regprocedure, ours.relowner::regrole), true
        FROM ours
        CROSS JOIN unnest($4) AS runs (signature)
        JOIN pg_proc AS code ON code.oid = to_regprocedure(runs.signature)
        JOIN pg_roles AS owner ON owner.oid = code.proowner
        WHERE ours.oid = to_regclass('{LogNames.Audit}') AND code.prosecdef AND NOT has_table_privilege(code.proowner, ours.oid, 'INSERT')
        """;

    private static readonly string[] Constraints =
        ["event_subscriptions_status_check", "event_subscriptions_parked_status_check", "event_audit_operation_check"];

    private static readonly string[] Triggers = ["events_stream_version_trigger"];

    public string Name => "tables";

    public async Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken)
    {
        var found = await patient.QueryAsync(
            ReadSql,
            reader => (Message: reader.GetString(0), Advice: reader.GetString(1), IsFault: reader.GetBoolean(2)),
            cancellationToken,
            ExpectedColumn.Tables.ToArray(),
            Constraints,
            Triggers,
            new[] { LogNames.AuditFunction, LogNames.TruncateFunction, LogNames.EraseFunction });
        var diagnosis = Diagnosis.Fine("Tables keep what is written: logged, without rules, heirs, row security or strange triggers before an INSERT.");
        foreach (var (message, advice, isFault) in found)
        {
            diagnosis.Complain(isFault, message, advice);
        }

        return diagnosis;
    }
}
