using System.Globalization;

namespace SyncKit.EfStore.Cli.Doctor.Examinations;

/// <summary>How full the server's queue of notifications is. Once it is full, every transaction that notifies fails at its commit.</summary>
internal sealed class NotificationQueueExamination : IExamination
{
    private const double Much = 0.5;
    private const double NearlyFull = 0.9;

    public string Name => "notification-queue";

    public bool NeedsLog => false;

    public async Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken)
    {
        var usage = await patient.ReadAsync("SELECT pg_notification_queue_usage()", reader => reader.GetDouble(0), cancellationToken);
        return Judge(usage, usage >= Much ? await OpenTransaction.ReadAsync(patient, cancellationToken) : []);
    }

    /// <param name="usage">The share that is full, 0 to 1.</param>
    /// <param name="open">Sessions in a transaction, the oldest first: one of them keeps the queue from draining.</param>
    internal static Diagnosis Judge(double usage, IReadOnlyList<OpenTransaction> open)
    {
        // Who listens is told nowhere; one whose last statement says so is the likeliest.
        var suspect = open.FirstOrDefault(session => session.Listens) ?? (open.Count > 0 ? open[0] : null);
        var advice = suspect is null
            ? "A session that listens and stays in a transaction, in any database of the server, keeps the queue from draining; this role sees none. "
                + "Run 'synckit doctor' as a member of pg_monitor."
            : $"{suspect.Name} is in a transaction for {Spans.Text(suspect.Age)}, "
                + $"{(suspect.Listens ? "and listens" : "the oldest of all")}: SELECT pg_terminate_backend({suspect.Pid}); and look again.";
        var share = (usage * 100).ToString("0.#", CultureInfo.InvariantCulture);
        var diagnosis = Diagnosis.Fine($"The queue of notifications is {share} % full.");
        if (usage >= NearlyFull)
        {
            diagnosis.Fault($"The queue of notifications is {share} % full; once it is full, every append that notifies fails.", advice);
        }
        else if (usage >= Much)
        {
            diagnosis.Warn($"The queue of notifications is {share} % full; expected less than half.", advice);
        }

        return diagnosis;
    }
}
