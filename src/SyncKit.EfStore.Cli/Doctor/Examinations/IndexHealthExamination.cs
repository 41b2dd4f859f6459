namespace SyncKit.EfStore.Cli.Doctor.Examinations;

/// <summary>Indexes that cost every append and serve nobody, because building them failed; and the dear ones by name.</summary>
internal sealed class IndexHealthExamination : IExamination
{
    private const string ReadSql = $"""
        SELECT one.indexrelid::regclass::text, one.indisvalid AND one.indisready, method.amname = 'gin'
        FROM pg_index AS one
        JOIN pg_class AS index ON index.oid = one.indexrelid
        JOIN pg_am AS method ON method.oid = index.relam
        WHERE one.indrelid = '{LogNames.Events}'::regclass
        ORDER BY 1
        """;

    public string Name => "indexes";

    public async Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken)
    {
        var indexes = await patient.QueryAsync(
            ReadSql, reader => (Name: reader.GetString(0), Healthy: reader.GetBoolean(1), Gin: reader.GetBoolean(2)), cancellationToken);
        var gin = indexes.Where(index => index.Gin).Select(index => index.Name).ToList();
        var diagnosis = Diagnosis.Fine(
            $"{indexes.Count} indexes on events, all valid"
                + (gin.Count == 0 ? "." : $"; {string.Join(", ", gin)}: GIN, which about halves the speed of appends. Drop what no query uses."));
        foreach (var index in indexes.Where(index => !index.Healthy))
        {
            diagnosis.Warn(
                $"Index {index.Name} is not valid: its build failed, no query uses it, and every append pays for it.",
                $"DROP INDEX CONCURRENTLY {index.Name}; or, to have it, REINDEX INDEX CONCURRENTLY {index.Name};");
        }

        return diagnosis;
    }
}
