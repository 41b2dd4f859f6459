using System.CommandLine;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Stress.Outage;

/// <summary>A server that is away, and sockets that fall silent: how soon everything is live again, and whether anything was missed.</summary>
internal sealed class OutageCommand : Command
{
    private readonly Option<int> _seconds = StressCommand.Number("--seconds", 60, 1, 3_600, "How long the server is away.");
    private readonly Option<int> _silences = StressCommand.Number("--silences", 10, 1, 1_000, "How often the connections fall silent after that.");

    internal OutageCommand()
        : base("outage", "The server is away, and later its sockets fall silent: every reader is live again without help, and misses and repeats nothing.")
    {
        Add(_seconds);
        Add(_silences);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        // A private cluster: it is stopped.
        await using var server = await PostgresServer.StartAsync(
            new PostgresServerOptions { Sources = [PostgresSource.LocalPrograms, PostgresSource.Embedded] }, cancellationToken);
        await Console.Error.WriteLineAsync(server.Description);
        var run = new OutageRun(TimeSpan.FromSeconds(parsed.GetValue(_seconds)), parsed.GetValue(_silences));
        var result = await run.RunAsync(server, Console.Error.WriteLine, cancellationToken);
        await Console.Out.WriteLineAsync($"{(result.IsLive ? "live" : "NOT LIVE")} again after the server was back, limit {result.LiveWithin.TotalSeconds:0.00} s: {Tell(result.Live)}");
        await Console.Out.WriteLineAsync(
            $"{(result.IsNoticed ? "noticed" : "NOT NOTICED")}: silent sockets, limit {result.NoticedWithin.TotalSeconds:0.00} s: "
            + string.Join(", ", result.Noticed.Select(Seconds)));
        foreach (var (reader, _, verdict) in result.Verdicts)
        {
            await Console.Out.WriteLineAsync($"{(verdict.IsExact ? "exact" : "WRONG")}  {reader}: of {result.Events:N0} events {verdict.Lost:N0} lost, {verdict.Doubled:N0} doubled, {verdict.Inverted:N0} inverted, {verdict.Invented:N0} invented");
        }

        return result is { IsLive: true, IsNoticed: true, IsExact: true } ? StressCommand.Done : StressCommand.Failed;
    }

    private static string Tell(IEnumerable<(string What, TimeSpan? After)> live) => string.Join(", ", live.Select(each => $"{each.What} {Seconds(each.After)}"));

    private static string Seconds(TimeSpan? after) => after is { } span ? $"{span.TotalSeconds:0.00} s" : "NEVER";
}
