using System.CommandLine;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Stress.Hold;

/// <summary>Long transactions beside readers: the delay of each kind, and whether the holder was named.</summary>
internal sealed class HoldCommand : Command
{
    private readonly Option<int> _seconds = StressCommand.Number("--seconds", 30, 3, 3_600, "How long each transaction stays open, and how long it is measured without.");
    private readonly Option<int> _limit = StressCommand.Number("--limit", 100, 1, 60_000, "Milliseconds of delay that may be added. For a machine with nothing else to do.");

    internal HoldCommand()
        : base("hold", "An unrelated transaction that stays open delays no reader; an appending one only what comes after it, and is named.")
    {
        Add(_seconds);
        Add(_limit);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        await using var server = await PostgresServer.StartAsync(
            new PostgresServerOptions { Sources = [PostgresSource.LocalPrograms, PostgresSource.Embedded] }, cancellationToken);
        await Console.Error.WriteLineAsync(server.Description);
        var run = new HoldRun(TimeSpan.FromSeconds(parsed.GetValue(_seconds)), TimeSpan.FromMilliseconds(parsed.GetValue(_limit)));
        var result = await run.RunAsync(server, Console.Error.WriteLine, cancellationToken);
        foreach (var reader in result.Readers)
        {
            await Console.Out.WriteLineAsync(
                $"{reader.Reader}: at most {reader.AddedElsewhere.TotalMilliseconds:0.0} ms added by an unrelated transaction, "
                + $"{reader.AddedBelow.TotalMilliseconds:0.0} ms by an append to what comes before it"
                + (reader.MayWait > TimeSpan.Zero ? $" (where it may wait {reader.MayWait.TotalSeconds:0} s)" : ""));
            await Console.Out.WriteLineAsync($"  without a long transaction    {reader.Before}");
            await Console.Out.WriteLineAsync($"  beside an unrelated one       {reader.Unrelated}");
            await Console.Out.WriteLineAsync($"  before and beside an append   {reader.Below?.ToString() ?? "none"}");
        }

        await Console.Out.WriteLineAsync(
            "holder named: " + string.Join(", ", result.Named.Select(place => $"{place.Where} {(place.After is { } after ? $"after {after.TotalSeconds:0.00} s" : "NEVER")}")));
        await Console.Out.WriteLineAsync($"{result.Waited:N0} deliveries waited for the append, {result.Early:N0} came too early");
        foreach (var (reader, _, verdict) in result.Verdicts.Where(verdict => !verdict.Verdict.IsExact))
        {
            await Console.Out.WriteLineAsync($"{reader}: {verdict}");
        }

        await Console.Out.WriteLineAsync(
            $"{(result.IsExact ? "exact" : "NOT EXACT")}, {(result.IsPrompt ? "prompt" : "DELAYED")}, {(result.IsNamed ? "named" : "NOT NAMED")}");
        return result is { IsExact: true, IsPrompt: true, IsNamed: true } ? StressCommand.Done : StressCommand.Failed;
    }
}
