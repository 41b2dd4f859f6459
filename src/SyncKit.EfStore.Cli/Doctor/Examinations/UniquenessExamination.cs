namespace SyncKit.EfStore.Cli.Doctor.Examinations;

/// <summary>Whether indexes decide what has to be unique: a place in a stream, an id, a version. The concurrency check is one of them.</summary>
internal sealed class UniquenessExamination : IExamination
{
    private const string ReadSql = $"""
        SELECT
            one.indexrelid::regclass::text,
            array(
                SELECT attribute.attname::text
                FROM unnest(one.indkey[0:one.indnkeyatts - 1]) WITH ORDINALITY AS key (number, place)
                JOIN pg_attribute AS attribute ON attribute.attrelid = one.indrelid AND attribute.attnum = key.number
                ORDER BY key.place),
            one.indisunique AND one.indpred IS NULL AND one.indimmediate,
            one.indisvalid
        FROM pg_index AS one
        WHERE one.indrelid = '{LogNames.Events}'::regclass
        """;

    public string Name => "uniqueness";

    public async Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken)
    {
        var indexes = await patient.QueryAsync(
            ReadSql,
            reader => new Index(reader.GetString(0), string.Join(", ", reader.GetFieldValue<string[]>(1)), reader.GetBoolean(2), reader.GetBoolean(3)),
            cancellationToken);
        var diagnosis = Diagnosis.Fine($"Places in streams ({LogNames.StreamIndex}), ids and versions are each unique by a valid index.");
        if (!indexes.Any(index => index is { Columns: "aggregate_id, stream_version", Unique: true, Valid: true }))
        {
            var there = indexes.FirstOrDefault(index => index.Name == LogNames.StreamIndex);
            diagnosis.Fault(
                there is null
                    ? $"Index {LogNames.StreamIndex} is missing: two writers may both get the same place in a stream."
                    : $"Index {LogNames.StreamIndex} is {(there.Unique ? "" : "not ")}unique, {(there.Valid ? "" : "not ")}valid, on ({there.Columns}); expected "
                        + "unique and valid on (aggregate_id, stream_version): two writers may both get the same place in a stream.",
                "synckit doctor --fix; if it reports duplicates, renumber those streams first.");
        }

        Require("id", "ALTER TABLE events ADD CONSTRAINT events_id_key UNIQUE (id);", "an append that is repeated may be stored twice");
        Require("version", "ALTER TABLE events ADD CONSTRAINT events_pkey PRIMARY KEY (version);", "two events may have the same version");
        return diagnosis;

        void Require(string column, string advice, string harm)
        {
            if (!indexes.Any(index => index is { Unique: true, Valid: true } && index.Columns == column))
            {
                diagnosis.Fault($"No valid index makes events.{column} unique: {harm}.", advice);
            }
        }
    }

    private sealed record Index(string Name, string Columns, bool Unique, bool Valid);
}
