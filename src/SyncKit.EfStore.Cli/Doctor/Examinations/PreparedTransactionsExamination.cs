namespace SyncKit.EfStore.Cli.Doctor.Examinations;

/// <summary>Transactions of two-phase commit that nobody finished: they survive restarts, and keep their locks.</summary>
internal sealed class PreparedTransactionsExamination : IExamination
{
    private const string ReadSql = """
        SELECT quote_literal(prepared.gid), prepared.owner::text, clock_timestamp() - prepared.prepared
        FROM pg_prepared_xacts AS prepared
        WHERE prepared.database = current_database() AND prepared.prepared < clock_timestamp() - interval '5 minutes'
        ORDER BY prepared.prepared
        """;

    public string Name => "prepared-transactions";

    public bool NeedsLog => false;

    public async Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken)
    {
        var diagnosis = Diagnosis.Fine("No prepared transaction is forgotten.");
        var old = await patient.QueryAsync(
            ReadSql, reader => (Id: reader.GetString(0), Owner: reader.GetString(1), Age: reader.GetTimeSpan(2)), cancellationToken);
        foreach (var one in old)
        {
            diagnosis.Warn(
                $"Prepared transaction {one.Id} of role '{one.Owner}' waits for its second phase since {Spans.Text(one.Age)}.",
                $"Ask its coordinator; then COMMIT PREPARED {one.Id}; or ROLLBACK PREPARED {one.Id};");
        }

        return diagnosis;
    }
}
