using System.CommandLine;
using SyncKit.EfStore.Cli.Doctor;
using SyncKit.EfStore.Cli.Hosting;
using SyncKit.EfStore.Cli.Printing;

namespace SyncKit.EfStore.Cli.Commands;

/// <summary><c>synckit doctor</c></summary>
internal sealed class DoctorCommand : Command, IHasExamples
{
    private readonly Option<bool> _fix = new("--fix")
    {
        Description = "First put back indexes, functions and triggers that another program changed, as 'synckit migrate' does.",
    };

    private readonly Option<bool> _strict = new("--strict") { Description = "Exit with 1 for warnings too." };
    private readonly Option<bool> _json = CommonOptions.Json("JSON Lines, with status ok, skipped, warning or fault", "name, status, message, advice");

    internal DoctorCommand()
        : base("doctor", "Look for what is wrong with server, schema, log and subscriptions, and say what to do. Changes nothing without --fix.")
    {
        Add(_fix);
        Add(_strict);
        Add(_json);
        SetAction(RunAsync);
    }

    public IReadOnlyList<string> Examples =>
    [
        "synckit doctor",
        "synckit doctor --fix",
        "synckit doctor --json | jq 'select(.status == \"fault\")'",
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var connectionString = CommonOptions.ConnectionString(parsed);
        await using (StoreHost.Build(connectionString))
        {
            // Checks the connection string as every other command does.
        }

        if (parsed.GetValue(_fix))
        {
            await MendDriftAsync(connectionString, cancellationToken);
        }

        var lines = new FindingLines(parsed.GetValue(_json));
        var counts = new Dictionary<FindingStatus, int>();
        await foreach (var finding in Checkup.RunAsync(connectionString, TimeProvider.System, cancellationToken))
        {
            counts[finding.Status] = counts.GetValueOrDefault(finding.Status) + 1;
            await lines.PrintAsync(finding, cancellationToken);
        }

        var (faults, warnings) = (counts.GetValueOrDefault(FindingStatus.Fault), counts.GetValueOrDefault(FindingStatus.Warning));
        StandardError.Plain($"{counts.GetValueOrDefault(FindingStatus.Ok)} ok, {counts.GetValueOrDefault(FindingStatus.Skipped)} skipped, "
            + $"{warnings} {(warnings == 1 ? "warning" : "warnings")}, {faults} {(faults == 1 ? "fault" : "faults")}");
        return faults > 0 || (warnings > 0 && parsed.GetValue(_strict)) ? ExitCodes.Failed : ExitCodes.Done;
    }

    /// <summary>Only drift: to apply migrations, or to create what is not there, is a decision of its own.</summary>
    private static async Task MendDriftAsync(string connectionString, CancellationToken cancellationToken)
    {
        try
        {
            if (await EventStoreSchema.InspectAsync(connectionString, cancellationToken) is { HasLog: true, Pending.Count: 0, Drifted.Count: > 0 })
            {
                foreach (var name in (await EventStoreSchema.MigrateAsync(connectionString, cancellationToken)).Mended)
                {
                    StandardError.Plain($"mended {name}");
                }
            }
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // The lines below show what is wrong; this says why it stays so.
            StandardError.Line($"Nothing was mended. {error.Message}");
        }
    }
}
