namespace SyncKit.EfStore.Cli.Doctor.Examinations;

/// <summary>
/// Signs of a writer that chooses versions itself (HiLo, a copy with its own numbers), which no reader can put in order: versions that the
/// sequence has not given yet or never gives, and streams whose places and versions run against each other.
/// </summary>
internal sealed class ChosenVersionsExamination : IExamination
{
    private const string AboveSql = $"""
        SELECT
            (SELECT count(*)::int FROM (SELECT FROM {LogNames.Events} WHERE version > $1 LIMIT 10000) AS above),
            (SELECT count(*)::int FROM (SELECT FROM {LogNames.Events} WHERE version < 1 LIMIT 10000) AS below)
        """;

    // The newest events only: enough to see a writer that does so today.
    private const string InvertedSql = $"""
        SELECT count(*)::int, min(version)
        FROM (
            SELECT version, lag(version) OVER (PARTITION BY aggregate_id ORDER BY stream_version) AS before
            FROM (SELECT version, aggregate_id, stream_version FROM {LogNames.Events} ORDER BY version DESC LIMIT 10000) AS newest
        ) AS pairs
        WHERE before > version
        """;

    private const string Advice =
        "Find the writer and let it leave version out, so that the sequence gives it (no UseHiLo, no explicit version); then set the sequence past the log.";

    public string Name => "chosen-versions";

    public async Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken)
    {
        var sequence = await patient.QueryAsync(SequencePositionExamination.ReadSql, reader => reader.IsDBNull(1) ? -1 : reader.GetInt64(1), cancellationToken);
        if (sequence is not [>= 0 and var last])
        {
            return SequencePositionExamination.NotSeen(sequence.Count);
        }

        var (above, below) = await patient.ReadAsync(AboveSql, reader => (reader.GetInt32(0), reader.GetInt32(1)), cancellationToken, last);
        var (inverted, first) = await patient.ReadAsync(
            InvertedSql, reader => (reader.GetInt32(0), reader.IsDBNull(1) ? 0 : reader.GetInt64(1)), cancellationToken);
        var diagnosis = Diagnosis.Fine("No version was chosen by its writer, as far as the newest 10,000 events show.");

        // An event stored between the two looks is above the first of them, and drawn all the same.
        if (above > 0 && await patient.ReadAsync(SequencePositionExamination.ReadSql, reader => reader.GetInt64(0) > reader.GetInt64(1), cancellationToken))
        {
            diagnosis.Warn($"{above} events have versions above {last}, where the sequence stands: their writer chose them.", Advice);
        }

        if (below > 0)
        {
            diagnosis.Warn($"{below} events have versions below 1, which no sequence gives and no reader reads.", Advice);
        }

        if (inverted > 0)
        {
            diagnosis.Warn($"{inverted} of the newest 10,000 events, the first at version {first}, come before their stream's earlier ones.", Advice);
        }

        return diagnosis;
    }
}
