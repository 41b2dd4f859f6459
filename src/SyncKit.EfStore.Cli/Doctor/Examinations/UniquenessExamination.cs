namespace SyncKit.EfStore.Cli.Doctor.Examinations;

/// <summary>
/// Whether indexes decide what has to be unique: a place in a stream, an id, a version. The concurrency check is one of them. And whether others want
/// more to be unique than that.
/// </summary>
internal sealed class UniquenessExamination : IExamination
{
    private const string ReadSql = $"""
        SELECT
            one.indexrelid::regclass::text,
            array(SELECT pg_get_indexdef(one.indexrelid, place, false) FROM generate_series(1, one.indnkeyatts) AS place ORDER BY place),
            one.indisunique AND one.indpred IS NULL AND one.indimmediate,
            one.indisvalid,
            one.indisunique AND one.indisready,
            one.indpred IS NOT NULL,
            index.relname::text,
            quote_ident(index.relname),
            rule.conname IS NOT NULL,
            one.indisprimary
        FROM pg_index AS one
        JOIN pg_class AS index ON index.oid = one.indexrelid
        LEFT JOIN pg_constraint AS rule ON rule.conindid = one.indexrelid AND rule.conrelid = one.indrelid
        WHERE one.indrelid = '{LogNames.Events}'::regclass
        """;

    public string Name => "uniqueness";

    public async Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken)
    {
        var indexes = await patient.QueryAsync(
            ReadSql,
            reader => new Index(
                reader.GetString(0), reader.GetFieldValue<string[]>(1), reader.GetBoolean(2), reader.GetBoolean(3), reader.GetBoolean(4), reader.GetBoolean(5),
                reader.GetString(6), reader.GetString(7), reader.GetBoolean(8), reader.GetBoolean(9)),
            cancellationToken);
        var diagnosis = Diagnosis.Fine($"Places in streams ({LogNames.StreamIndex}), ids and versions are each unique by a valid index.");
        if (!indexes.Any(index => index is { Columns: "aggregate_id, stream_version", Unique: true, Valid: true }))
        {
            var there = indexes.FirstOrDefault(index => index.Bare == LogNames.StreamIndex);
            diagnosis.Fault(
                there is null
                    ? $"Index {LogNames.StreamIndex} is missing: two writers may both get the same place in a stream."
                    : $"Index {LogNames.StreamIndex} is {(there.Unique ? "" : "not ")}unique, {(there.Valid ? "" : "not ")}valid, on ({there.Columns})"
                        + $"{(there.Partial ? " of some rows" : "")}; expected unique and valid on (aggregate_id, stream_version): two writers may both get "
                        + "the same place in a stream.",
                patient.Schema is { Pending.Count: > 0 } ? "synckit migrate" : "synckit doctor --fix; if it reports duplicates, renumber those streams first.");
        }

        Require("id", LogNames.IdKey, isPrimary: false, "an append that is repeated may be stored twice");
        Require("version", "events_pkey", isPrimary: true, "two events may have the same version");

        // Which conflict it is, the store tells by the name: under another, an append that is repeated fails instead of being recognised.
        if (indexes.FirstOrDefault(index => index is { Columns: "id", Unique: true, Valid: true }) is { } id && indexes.All(index => index.Bare != LogNames.IdKey))
        {
            diagnosis.Fault(
                $"Index {id.Name} makes events.id unique; expected under the name {LogNames.IdKey}, by which an append that is repeated is recognised.",
                id.IsConstraint
                    ? $"ALTER TABLE events RENAME CONSTRAINT {id.Quoted} TO {LogNames.IdKey};"
                    : $"ALTER INDEX {id.Name} RENAME TO {LogNames.IdKey};");
        }

        foreach (var index in indexes.Where(index => index.Refuses && !index.Keys.Contains("id") && !index.Keys.Contains("version")
            && !(index.Keys.Contains("aggregate_id") && index.Keys.Contains("stream_version"))))
        {
            diagnosis.Warn(
                $"Index {index.Name}, which no migration made, is unique on ({index.Columns}){(index.Partial ? " of some rows" : "")}: an append that repeats "
                    + "what is there already is refused.",
                "If nobody wants it: " + (index.IsConstraint ? $"ALTER TABLE events DROP CONSTRAINT {index.Quoted};" : $"DROP INDEX {index.Name};"));
        }

        return diagnosis;

        void Require(string column, string name, bool isPrimary, string harm)
        {
            if (!indexes.Any(index => index is { Unique: true, Valid: true } && index.Columns == column))
            {
                // What has the name, or is the primary key already, goes first.
                var others = indexes.Where(index => index.Bare == name || (index.IsPrimary && isPrimary)).ToList();
                var indexOnly = string.Concat(others.Where(index => !index.IsConstraint).Select(index => $"DROP INDEX {index.Name}; "));
                var drops = string.Concat(others.Where(index => index.IsConstraint).Select(index => $"DROP CONSTRAINT {index.Quoted}, "));
                diagnosis.Fault(
                    $"No valid index makes events.{column} unique: {harm}.",
                    $"{indexOnly}ALTER TABLE events {drops}ADD CONSTRAINT {name} {(isPrimary ? "PRIMARY KEY" : "UNIQUE")} ({column});");
            }
        }
    }

    private sealed record Index(
        string Name, string[] Keys, bool Unique, bool Valid, bool Refuses, bool Partial, string Bare, string Quoted, bool IsConstraint, bool IsPrimary)
    {
        internal string Columns { get; } = string.Join(", ", Keys);
    }
}
