namespace SyncKit.EfStore.Cli.Doctor.Examinations;

/// <summary>Events that a handler could not take. Each blocks its stream in that subscription until it is replayed or dropped.</summary>
internal sealed class ParkedEventsExamination : IExamination
{
    private const string ReadSql = $"""
        SELECT subscription, count(*), count(DISTINCT aggregate_id), clock_timestamp() - min(parked_at)
        FROM {LogNames.Parked} GROUP BY subscription ORDER BY subscription
        """;

    public string Name => "parked-events";

    public async Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken)
    {
        var diagnosis = Diagnosis.Fine("No event is parked.");
        var parked = await patient.QueryAsync(
            ReadSql,
            reader => (Name: reader.GetString(0), Events: reader.GetInt64(1), Streams: reader.GetInt64(2), Age: reader.GetTimeSpan(3)),
            cancellationToken);
        foreach (var one in parked)
        {
            diagnosis.Warn(
                $"Subscription '{one.Name}' has {one.Events} parked events of {one.Streams} streams, which it goes past; the oldest for {Spans.Text(one.Age)}.",
                $"synckit subscriptions parked list {one.Name}; then replay or drop.");
        }

        return diagnosis;
    }
}
