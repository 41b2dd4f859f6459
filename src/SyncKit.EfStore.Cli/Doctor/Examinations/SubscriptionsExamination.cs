namespace SyncKit.EfStore.Cli.Doctor.Examinations;

/// <summary>Named subscriptions that nobody runs, that stopped at an error, or that are ahead of a log which lost commits.</summary>
internal sealed class SubscriptionsExamination : IExamination
{
    private const string ReadSql = $"""
        SELECT subscription.name, subscription.status, coalesce(subscription.error, ''), subscription.checkpoint, log.newest,
            coalesce(subscription.lease_until > clock_timestamp(), false)
        FROM {LogNames.Subscriptions} AS subscription
        CROSS JOIN (SELECT coalesce((SELECT version FROM {LogNames.Events} ORDER BY version DESC LIMIT 1), 0) AS newest) AS log
        ORDER BY subscription.name
        """;

    public string Name => "subscriptions";

    public async Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken)
    {
        var all = await patient.QueryAsync(
            ReadSql,
            reader => (
                Name: reader.GetString(0), Status: reader.GetString(1), Error: reader.GetString(2), Checkpoint: reader.GetInt64(3),
                Newest: reader.GetInt64(4), Runs: reader.GetBoolean(5)),
            cancellationToken);
        var diagnosis = Diagnosis.Fine(
            all.Count == 0 ? "There are no named subscriptions." : $"{all.Count} named subscriptions, none faulted, behind without an instance, or ahead of the log.");
        foreach (var one in all)
        {
            if (one.Checkpoint > one.Newest)
            {
                diagnosis.Fault(
                    $"Subscription '{one.Name}' is at version {one.Checkpoint}, and the log ends at {one.Newest}: the log was rewound.",
                    $"Find the lost events (a crash, a failover, a restore); then synckit subscriptions rebuild {one.Name} --from {one.Newest}");
            }
            else if (one.Status == "faulted")
            {
                diagnosis.Fault(
                    $"Subscription '{one.Name}' stopped at version {one.Checkpoint} of {one.Newest}: {one.Error}",
                    $"Mend its handler, then synckit subscriptions resume {one.Name}");
            }
            else if (one is { Status: "running", Runs: false } && one.Checkpoint < one.Newest)
            {
                diagnosis.Warn(
                    $"Subscription '{one.Name}' is at version {one.Checkpoint} of {one.Newest} and no process runs it.",
                    "Start a host that has it.");
            }
        }

        return diagnosis;
    }
}
