using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Npgsql;
using Spectre.Console;
using SyncKit.EfStore.Cli.Hosting;
using SyncKit.EfStore.Cli.Printing;
using SyncKit.EfStore.Cli.Stats;

namespace SyncKit.EfStore.Cli.Commands;

/// <summary><c>synckit stats</c></summary>
internal sealed class StatsCommand : Command, IHasExamples
{
    private const int MostRows = 1_000;

    private readonly Option<int> _top = new("--top")
    {
        Description = $"At most so many types, and so many streams, 1 to {MostRows}.",
        HelpName = "n",
        DefaultValueFactory = _ => 10,
        CustomParser = ParseTop,
    };

    private readonly Option<bool> _exact = new("--exact")
    {
        Description = "Count every event. Without it a log of more than 64 MB is estimated from 20,000 look-ups, which takes a moment.",
    };

    private readonly Option<bool> _json = CommonOptions.Json("one JSON object on one line, sizes in bytes", "events, streams, types, bytes, rates, subscriptions?");

    internal StatsCommand()
        : base("stats", "Print how much the log holds: events, streams, types, sizes, rates, the longest streams, subscriptions.")
    {
        Add(_top);
        Add(_exact);
        Add(_json);
        SetAction(RunAsync);
    }

    public IReadOnlyList<string> Examples => ["synckit stats", "synckit stats --exact --top 50", "synckit stats --json | jq .events.count"];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        await using var host = StoreHost.Build(parsed);
        var subscriptions = await SubscriptionsAsync(host, cancellationToken);
        await using var connection = new NpgsqlConnection(OwnConnection.Settings(CommonOptions.ConnectionString(parsed), "stats").ConnectionString);
        await connection.OpenAsync(cancellationToken);
        var reader = new StatisticsReader(connection, parsed.GetValue(_top));
        var statistics = await CountAsync(reader, parsed.GetValue(_exact), subscriptions, cancellationToken);
        if (parsed.GetValue(_json))
        {
            await StatisticsJson.PrintAsync(statistics, cancellationToken);
        }
        else
        {
            StatisticsTables.Print(statistics);
        }

        return ExitCodes.Done;
    }

    private static async Task<LogStatistics> CountAsync(
        StatisticsReader reader, bool exact, IReadOnlyList<SubscriptionInfo>? subscriptions, CancellationToken cancellationToken)
    {
        try
        {
            return await WhileCountingAsync(() => reader.ReadAsync(exact, subscriptions, cancellationToken));
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new EventStoreUnavailableException(
                UnavailableReason.PermissionDenied,
                $"This role may not read the event log ({error.MessageText}). Connect as a role that may, or grant it: synckit roles --reader NAME --apply",
                error);
        }
    }

    /// <summary>Null where the role may see events and not these.</summary>
    private static async Task<IReadOnlyList<SubscriptionInfo>?> SubscriptionsAsync(StoreHost host, CancellationToken cancellationToken)
    {
        try
        {
            return await host.Subscriptions.ListAsync(cancellationToken);
        }
        catch (EventStoreUnavailableException error) when (error.Reason == UnavailableReason.PermissionDenied)
        {
            return null;
        }
    }

    private static Task<T> WhileCountingAsync<T>(Func<Task<T>> work) =>
        Consoles.CanRedraw ? Consoles.ForError().Status().StartAsync("counting", _ => work()) : work();

    private static int ParseTop(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var top) && top is >= 1 and <= MostRows)
        {
            return top;
        }

        result.AddError($"--top must be a whole number from 1 to {MostRows}; it is '{text}'.");
        return 0;
    }
}
