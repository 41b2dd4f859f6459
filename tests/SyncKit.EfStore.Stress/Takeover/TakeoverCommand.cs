using System.CommandLine;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Stress.Takeover;

/// <summary>The takeovers: a line for each, and whether the handlers' table is exact.</summary>
internal sealed class TakeoverCommand : Command
{
    private static readonly Moment?[] AllMoments =
        [Moment.BeforeTransaction, Moment.AfterWrites, Moment.BeforeCommit, null, Moment.InHandler, Moment.Anywhere];

    private readonly Option<int> _rounds = StressCommand.Number("--rounds", 12, 1, 10_000, "How often the active instance is frozen or killed.");
    private readonly Option<int> _lease = StressCommand.Number("--lease", 15, 1, 600, "Seconds of the lease.");
    private readonly Option<bool> _short = new("--short") { Description = "Four rounds with a lease of 2 s, for CI." };
    private readonly Option<bool> _careless = new(SubscriberCommand.Careless)
    {
        Description = "With a handler that writes past its transaction: shows that this run finds it out.",
    };

    internal TakeoverCommand()
        : base("takeover", "Two processes with one subscription; the active one is frozen beyond its lease and thawed, or killed: the other takes over in time, exactly.")
    {
        Add(_rounds);
        Add(_lease);
        Add(_short);
        Add(_careless);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsWindows())
        {
            await Console.Error.WriteLineAsync("A process cannot be frozen by a signal on Windows.");
            return StressCommand.WrongUsage;
        }

        var (rounds, lease) = parsed.GetValue(_short) ? (4, 2) : (parsed.GetValue(_rounds), parsed.GetValue(_lease));
        await using var server = await PostgresServer.StartAsync(
            new PostgresServerOptions { Sources = [PostgresSource.LocalPrograms, PostgresSource.Embedded] }, cancellationToken);
        await Console.Error.WriteLineAsync($"{server.Description}; {rounds:N0} rounds, a lease of {lease} s");
        var moments = Enumerable.Range(0, rounds).Select(round => AllMoments[round % AllMoments.Length]).ToList();
        var result = await new TakeoverRun(moments, lease, parsed.GetValue(_careless)).RunAsync(server, new Lines(), cancellationToken);
        await Console.Out.WriteLineAsync(
            $"{(result.IsExact ? "exact" : "WRONG")}  {result.Events:N0} events, last version {result.Last:N0}, checkpoint {result.Checkpoint:N0}, "
            + $"{result.Differences:N0} streams differ");
        await Console.Out.WriteLineAsync(
            $"{(result.IsInTime ? "in time" : "LATE")}  the slowest takeover after {result.Rounds.Max(round => round.TookOver).TotalSeconds:0.00} s, "
            + $"limit {result.Rounds[0].Limit.TotalSeconds:0.00} s");
        return result is { IsExact: true, IsInTime: true } ? StressCommand.Done : StressCommand.Failed;
    }

    /// <summary>A line for each round, as it ends.</summary>
    private sealed class Lines : IProgress<TakeoverRound>
    {
        public void Report(TakeoverRound value) => Console.Out.WriteLine(
            $"{value.Moment?.ToString() ?? "Killed",-18}the other has the lease after {value.TookOver.TotalSeconds,6:0.00} s, moves on after "
            + $"{value.Moved.TotalSeconds,6:0.00} s"
            + (value.Frozen is { } frozen ? $"; frozen for {frozen.TotalSeconds:0.00} s, standby {value.StoodBy!.Value.TotalSeconds:0.00} s after the thaw" : ""));
    }
}
