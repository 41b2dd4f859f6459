namespace SyncKit.EfStore.Cli.Doctor.Examinations;

/// <summary>Whether the sequence is past the newest event. Behind it, appends fail on a taken version, or land where readers have been.</summary>
internal sealed class SequencePositionExamination : IExamination
{
    // Who may not see the sequence gets NULL from PostgreSQL 17 on, which a sequence that was never drawn from gives as well: asked first.
    // In one statement: its snapshot is older than the look at the sequence, so that an append in between cannot seem to be above it.
    internal const string ReadSql = $"""
        SELECT
            coalesce((SELECT version FROM {LogNames.Events} ORDER BY version DESC LIMIT 1), 0),
            CASE WHEN has_sequence_privilege(sequence.seqrelid, 'USAGE, SELECT')
                THEN coalesce(pg_sequence_last_value(sequence.seqrelid), sequence.seqstart - 1) END,
            sequence.seqrelid::regclass::text,
            sequence.seqmax
        FROM pg_sequence AS sequence
        WHERE sequence.seqrelid = {LogNames.Sequence}
        """;

    private const double NearlyUsedUp = 0.9;

    public string Name => "sequence-position";

    public async Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken)
    {
        var found = await patient.QueryAsync(
            ReadSql,
            reader => (
                Newest: reader.GetInt64(0), Last: reader.IsDBNull(1) ? -1 : reader.GetInt64(1), Sequence: reader.GetString(2), Largest: reader.GetInt64(3)),
            cancellationToken);
        if (found is not [{ Last: >= 0 } log])
        {
            return NotSeen(found.Count);
        }

        var diagnosis = Diagnosis.Fine($"The sequence stands at {log.Last}, the newest event has version {log.Newest}.");
        if (log.Newest > log.Last)
        {
            diagnosis.Fault(
                $"Sequence '{log.Sequence}' stands at {log.Last} and the newest event has version {log.Newest}; expected at or past it. Appends fail with a "
                    + "duplicate version, or get versions that readers have passed.",
                $"SELECT setval('{log.Sequence}', (SELECT max(version) FROM events)); while nobody appends.");
        }

        var more = $"ALTER TABLE events ALTER COLUMN version TYPE bigint; ALTER SEQUENCE {log.Sequence} AS bigint NO MAXVALUE;";
        if (log.Last >= log.Largest)
        {
            diagnosis.Fault($"Sequence '{log.Sequence}' stands at {log.Last}, its end: every append fails.", more);
        }
        else if (log.Last > log.Largest * NearlyUsedUp)
        {
            diagnosis.Warn($"Sequence '{log.Sequence}' stands at {log.Last} of {log.Largest}.", more);
        }

        return diagnosis;
    }

    internal static Diagnosis NotSeen(int sequences) => Diagnosis.Skipped(
        sequences == 0
            ? "Column events.version owns no sequence, see 'sequence'."
            : "This role may not see where the sequence stands; a role with USAGE or SELECT on it may.");
}
