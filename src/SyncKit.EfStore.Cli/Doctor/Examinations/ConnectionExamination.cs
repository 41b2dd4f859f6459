namespace SyncKit.EfStore.Cli.Doctor.Examinations;

/// <summary>Which server answers, as whom, and how long a round trip takes. That there is a connection is shown by being here.</summary>
internal sealed class ConnectionExamination : IExamination
{
    // A group of appends takes three round trips, so this is about six commits a second for a lone writer.
    private static readonly TimeSpan Far = TimeSpan.FromMilliseconds(50);

    public string Name => "connection";

    public bool NeedsLog => false;

    public async Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken)
    {
        var (version, database, role) = await patient.ReadAsync(
            "SELECT current_setting('server_version'), current_database()::text, current_user::text",
            reader => (reader.GetString(0), reader.GetString(1), reader.GetString(2)),
            cancellationToken);
        var trip = await RoundTripAsync(patient, cancellationToken);
        var host = patient.Connection.Host ?? "";
        var diagnosis = Diagnosis.Fine(
            $"PostgreSQL {version} at {(host.StartsWith('/') ? host : $"{host}:{patient.Connection.Port}")}, database '{database}', role '{role}'; "
                + $"a round trip takes {Spans.Text(trip)}.");
        if (trip >= Far)
        {
            diagnosis.Warn(
                $"A round trip to the server takes {Spans.Text(trip)}; expected less than {Spans.Text(Far)}.",
                "Run the application near its database: each append waits for several round trips.");
        }

        return diagnosis;
    }

    /// <summary>The median of a few, so that one hiccup does not count.</summary>
    private static async Task<TimeSpan> RoundTripAsync(Patient patient, CancellationToken cancellationToken)
    {
        var trips = new List<TimeSpan>();
        for (var i = 0; i < 5; i++)
        {
            var start = patient.Time.GetTimestamp();
            await patient.ReadAsync("SELECT 1", reader => reader.GetInt32(0), cancellationToken);
            trips.Add(patient.Time.GetElapsedTime(start));
        }

        trips.Sort();
        return trips[trips.Count / 2];
    }
}
