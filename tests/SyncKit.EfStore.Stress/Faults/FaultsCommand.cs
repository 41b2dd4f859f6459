using System.CommandLine;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Stress.Faults;

/// <summary>Faults against checkpointed handlers: a line for each run.</summary>
internal sealed class FaultsCommand : Command
{
    private const int TellEvery = 50;

    private readonly Option<int> _faults = StressCommand.Number("--faults", 1_000, 10, 100_000, "Faults of each run: 60 % killed backends, 30 % cuts, 8 % silences, 2 % crashes.");
    private readonly Option<int> _runs = StressCommand.Number("--runs", 3, 1, 100, "Runs, each with the next seed.");
    private readonly Option<int> _seed = StressCommand.Number("--seed", 1, 0, 1_000_000, "The seed of the first run.");

    internal FaultsCommand()
        : base("faults", "Killed backends, cut and silent sockets and crashes against a checkpointed handler: its table equals a fold over the log.")
    {
        Add(_faults);
        Add(_runs);
        Add(_seed);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        await using var server = await StressServer.StartAsync(null, cancellationToken);
        var exact = true;
        foreach (var seed in Enumerable.Range(parsed.GetValue(_seed), parsed.GetValue(_runs)))
        {
            foreach (var create in FaultTargets.All)
            {
                await using var target = create();
                var result = await new FaultsRun(parsed.GetValue(_faults), seed).RunAsync(server, target, new Lines(), cancellationToken);
                exact &= result.IsExact;
                await Console.Out.WriteLineAsync(
                    $"{(result.IsExact ? "exact" : "WRONG")}  {result.Target}: {result.Events:N0} events, last version {result.Last:N0}, "
                    + $"checkpoint {result.Checkpoint:N0}, {result.Differences:N0} streams differ; {result.Faults}");
            }
        }

        return exact ? StressCommand.Done : StressCommand.Failed;
    }

    /// <summary>How far a run is, on stderr.</summary>
    private sealed class Lines : IProgress<FaultKind>
    {
        private int _faults;

        public void Report(FaultKind value)
        {
            if (++_faults % TellEvery == 0)
            {
                Console.Error.WriteLine($"{_faults:N0} faults");
            }
        }
    }
}
