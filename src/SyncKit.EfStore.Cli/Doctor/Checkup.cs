using System.Data;
using System.Runtime.CompilerServices;
using Npgsql;
using SyncKit.EfStore.Cli.Doctor.Examinations;

namespace SyncKit.EfStore.Cli.Doctor;

/// <summary>All examinations, one after the other. One that cannot look says so; only a lost connection ends it early.</summary>
internal static class Checkup
{
    /// <summary>In the order of the lines: the server, the schema, the log, who uses it.</summary>
    internal static IReadOnlyList<IExamination> Examinations { get; } =
    [
        new ConnectionExamination(),
        new TlsExamination(),
        new ServerVersionExamination(),
        new PrimaryExamination(),
        new EncodingExamination(),
        new DurabilityExamination(),
        new ClockExamination(),
        new ConnectionLimitExamination(),
        new NotificationsExamination(),
        new NotificationQueueExamination(),
        new IdleTransactionsExamination(),
        new PreparedTransactionsExamination(),
        new SchemaExamination(),
        new DriftExamination(),
        new ColumnsExamination(),
        new TablesExamination(),
        new SettingsExamination(),
        new UniquenessExamination(),
        new IndexHealthExamination(),
        new SequenceExamination(),
        new SequencePositionExamination(),
        new ChosenVersionsExamination(),
        new OpenAppendsExamination(),
        new PrivilegesExamination(),
        new SubscriptionsExamination(),
        new ParkedEventsExamination(),
        new StatisticsExamination(),
    ];

    /// <summary>Examines a database; without a connection that is the only finding.</summary>
    internal static async IAsyncEnumerable<Finding> RunAsync(
        string connectionString, TimeProvider time, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Patient? patient = null;
        string? unreachable = null;
        try
        {
            patient = await Patient.MeetAsync(connectionString, time, cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // Whatever keeps us from connecting, an impossible address for one, is the one thing to say.
            unreachable = error.Message;
        }

        if (patient is null)
        {
            yield return new Finding(
                Examinations[0].Name, FindingStatus.Fault, unreachable!, "Mend the connection first: every other examination needs it.");
            yield break;
        }

        await using (patient)
        {
            foreach (var examination in Examinations)
            {
                yield return await ExamineAsync(examination, patient, cancellationToken);
                if (patient.Connection.FullState != ConnectionState.Open)
                {
                    yield break;
                }
            }
        }
    }

    private static async Task<Finding> ExamineAsync(IExamination examination, Patient patient, CancellationToken cancellationToken)
    {
        if (examination.NeedsLog && patient.Schema is { HasLog: false })
        {
            return Skipped("There is no event log to look at, see 'schema'");
        }

        if (examination.NeedsLog && patient.IsLocked)
        {
            return Skipped("The event log is locked, see 'schema'");
        }

        try
        {
            return (await examination.ExamineAsync(patient, cancellationToken)).ToFinding(examination.Name);
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            return Skipped($"This role may not look ({error.MessageText}); the owner of the event log, or a member of pg_monitor, may");
        }
        catch (PostgresException error) when (error.SqlState
            is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn or PostgresErrorCodes.UndefinedFunction)
        {
            return Skipped($"{error.MessageText}, see 'schema'");
        }
        catch (NpgsqlException error) when (error.InnerException is TimeoutException)
        {
            return Skipped("The server did not answer within 10 s; it is overloaded, or something is locked");
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            return patient.Connection.FullState == ConnectionState.Open
                ? Skipped($"This could not be looked at: {error.Message}")
                : new Finding(
                    examination.Name,
                    FindingStatus.Fault,
                    $"The connection was lost: {error.Message}",
                    "See the server's log, and run 'synckit doctor' again.");
        }

        Finding Skipped(string reason) => new(examination.Name, FindingStatus.Skipped, reason + ".");
    }
}
