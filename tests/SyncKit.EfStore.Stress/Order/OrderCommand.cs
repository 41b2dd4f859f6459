using System.CommandLine;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Stress.Order;

/// <summary>The order stress: every pattern in turn, and a table.</summary>
internal sealed class OrderCommand : Command
{
    private const int Whole = 100_000;
    private const int Short = 24_000;

    private readonly Option<int> _events = StressCommand.Number("--events", Whole, 400, 10_000_000, "Committed events, all patterns together.");
    private readonly Option<int> _seed = StressCommand.Number("--seed", 1, 0, int.MaxValue, "The same seed writes the same mix.");
    private readonly Option<bool> _short = new("--short") { Description = $"{Short:N0} events: under a minute, for CI." };

    internal OrderCommand()
        : base("order", "Concurrent writers of every sort, faults, and readers of every kind in two processes: nothing lost, doubled or inverted.")
    {
        Add(_events);
        Add(_seed);
        Add(_short);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var events = parsed.GetValue(_short) ? Short : parsed.GetValue(_events);
        var seed = parsed.GetValue(_seed);
        await using var server = await PostgresServer.StartAsync(cancellationToken: cancellationToken);
        await Console.Error.WriteLineAsync($"{server.Description}; {events:N0} events, seed {seed}");
        var each = (events + Pattern.All.Count - 1) / Pattern.All.Count;
        var results = await OrderProgress.RunAsync(each, async (pattern, progress) =>
            await new PatternRun(pattern, each, seed).RunAsync(server, progress, cancellationToken));

        OrderTable.Print(results);
        var exact = results.All(result => result.IsExact);
        var stress = results.All(result => result.IsStress);
        await Console.Out.WriteLineAsync(
            exact && stress ? "Exact: 0 lost, 0 doubled, 0 inverted."
            : exact ? "Too gentle: even the naive reader lost nothing in some pattern, so this run shows nothing. More --events will."
            : "NOT EXACT.");
        return exact && stress ? StressCommand.Done : StressCommand.Failed;
    }
}
