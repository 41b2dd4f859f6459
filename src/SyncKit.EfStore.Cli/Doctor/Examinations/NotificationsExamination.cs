using Npgsql;

namespace SyncKit.EfStore.Cli.Doctor.Examinations;

/// <summary>Sends a notification to itself, as the store's listener does. A pooler in between may swallow LISTEN without a word.</summary>
internal sealed class NotificationsExamination : IExamination
{
    private static readonly TimeSpan Hearing = TimeSpan.FromSeconds(2);

    public string Name => "notifications";

    public bool NeedsLog => false;

    public async Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken)
    {
        var (answering, standby) = await patient.ReadAsync(
            "SELECT pg_backend_pid(), pg_is_in_recovery()", reader => (reader.GetInt32(0), reader.GetBoolean(1)), cancellationToken);
        if (standby)
        {
            return Diagnosis.Skipped("A standby takes no LISTEN, see 'primary'.");
        }

        var told = patient.Connection.ProcessID;
        var pooler = told == answering ? "" : $" through a pooler (process {answering} answers where {told} was named)";
        var diagnosis = Diagnosis.Fine($"Notifications arrive{pooler}.");
        if (!await IsHeardAsync(patient, cancellationToken))
        {
            diagnosis.Warn(
                pooler.Length > 0
                    ? $"LISTEN is swallowed{pooler}: with this connection string events are found by polling alone."
                    : "A notification to ourselves did not arrive within 2 s: events are found by polling alone.",
                pooler.Length > 0
                    ? "Give the store a ListenerConnectionString past the pooler, or let the pooler work in session mode."
                    : "Look for an overloaded server, or for a proxy in between that delays messages.");
        }

        return diagnosis;
    }

    private static async Task<bool> IsHeardAsync(Patient patient, CancellationToken cancellationToken)
    {
        var channel = $"synckit_doctor_{Guid.NewGuid():N}";
        var heard = false;
        await using var listening = await patient.OpenAnotherAsync(cancellationToken);
        listening.Notification += (_, notification) => heard |= notification.Channel == channel;
        await RunAsync(listening, $"LISTEN {channel}", cancellationToken);
        await patient.QueryAsync("SELECT pg_notify($1, '')", _ => true, cancellationToken, channel);

        var start = patient.Time.GetTimestamp();
        while (!heard && Hearing - patient.Time.GetElapsedTime(start) is { Ticks: > 0 } left)
        {
            await listening.WaitAsync(left, cancellationToken);
        }

        // Behind a pooler the session goes back to strangers.
        await RunAsync(listening, $"UNLISTEN {channel}", cancellationToken);
        return heard;
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
