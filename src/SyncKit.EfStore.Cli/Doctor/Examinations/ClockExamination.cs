namespace SyncKit.EfStore.Cli.Doctor.Examinations;

/// <summary>Whether this machine and the server agree about the time, which <c>created_at</c> is compared by.</summary>
internal sealed class ClockExamination : IExamination
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(1);

    public string Name => "clock";

    public bool NeedsLog => false;

    public async Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken)
    {
        var before = patient.Time.GetUtcNow();
        var server = await patient.ReadAsync("SELECT clock_timestamp()", reader => reader.GetFieldValue<DateTimeOffset>(0), cancellationToken);
        return Judge(before, server, patient.Time.GetUtcNow());
    }

    /// <summary>The server looked at its clock at some time between the two of ours.</summary>
    internal static Diagnosis Judge(DateTimeOffset before, DateTimeOffset server, DateTimeOffset after)
    {
        var ahead = server < before ? server - before : server > after ? server - after : TimeSpan.Zero;
        var diagnosis = Diagnosis.Fine($"The clocks of this machine and of the server agree to within {Spans.Text(Tolerance)}.");
        if (ahead.Duration() > Tolerance)
        {
            diagnosis.Warn(
                $"The server's clock is {Spans.Text(ahead.Duration())} {(ahead > TimeSpan.Zero ? "ahead of" : "behind")} this machine's; expected at most "
                    + $"{Spans.Text(Tolerance)}. Delays and ages that compare the two are wrong by that.",
                "Let both follow the same time servers (chrony or systemd-timesyncd).");
        }

        return diagnosis;
    }
}
