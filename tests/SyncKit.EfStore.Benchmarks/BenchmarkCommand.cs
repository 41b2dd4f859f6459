using System.CommandLine;
using SyncKit.EfStore.Benchmarks.Cpu;
using SyncKit.EfStore.Benchmarks.Measuring;
using SyncKit.EfStore.Benchmarks.Reporting;
using SyncKit.EfStore.Benchmarks.Servers;
using SyncKit.EfStore.Benchmarks.Suites;

namespace SyncKit.EfStore.Benchmarks;

/// <summary>The command line: which suites, how much, and what becomes of the figures.</summary>
internal sealed class BenchmarkCommand : RootCommand
{
    internal const int Done = 0;
    internal const int Failed = 1;
    internal const int WrongUsage = 2;
    private const string All = "all";

    private readonly Argument<string[]> _suites = new("suite")
    {
        Description = "What to measure; 'all' is every suite with limits, 'cpu' is apart from it.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> _connection = new("--connection")
    {
        Description = "Measure on this server, whose role may create databases and checkpoint. Default: a durable one, started for the run.",
        HelpName = "string",
    };

    private readonly Option<FileInfo?> _json = new("--json") { Description = "Write the figures to this file.", HelpName = "file" };

    private readonly Option<bool> _check = new("--check") { Description = "Exit with 1 where a figure misses its limit, and say which." };

    private readonly Option<int?> _rounds = new("--rounds") { Description = "Measured rounds, 1 to 99. Default: 7, with --quick 3.", HelpName = "n" };

    private readonly Option<bool> _quick = new("--quick") { Description = "Less of everything: shows that it runs, and no more." };

    internal BenchmarkCommand()
        : base("Measure SyncKit.EfStore against plain PostgreSQL and EF Core, in turn and on one machine. Results on stdout, progress on stderr.")
    {
        _suites.AcceptOnlyFromAmong([All, CpuSuite.Name, .. AllSuites.List.Select(suite => suite.Name)]);
        _rounds.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 1 or > 99)
            {
                result.AddError("--rounds must be from 1 to 99.");
            }
        });
        Add(_suites);
        Add(_connection);
        Add(_json);
        Add(_check);
        Add(_rounds);
        Add(_quick);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var names = parsed.GetRequiredValue(_suites);
        var quick = parsed.GetValue(_quick);
        if (IsDebug && !quick)
        {
            await Console.Error.WriteLineAsync("This is a Debug build, whose figures say nothing. Run it with -c Release, or with --quick.");
            return WrongUsage;
        }

        var suites = AllSuites.List.Where(suite => names.Contains(All) || names.Contains(suite.Name)).ToList();
        var scale = quick ? Scale.Quick : Scale.Full;
        scale = scale with { Rounds = parsed.GetValue(_rounds) ?? scale.Rounds };
        var figures = new List<Figure>();
        if (suites.Count > 0)
        {
            figures.AddRange(await MeasureAsync(suites, scale, parsed.GetValue(_connection), cancellationToken));
            if (parsed.GetValue(_json) is { } file)
            {
                JsonFile.Write(file.FullName, figures);
            }
        }

        if (names.Contains(CpuSuite.Name) && !CpuSuite.Run(quick, new ProgressLines()))
        {
            return Failed;
        }

        return parsed.GetValue(_check) && suites.Count > 0 ? Check(figures) : Done;
    }

    private static async Task<IReadOnlyList<Figure>> MeasureAsync(
        List<ISuite> suites, Scale scale, string? connection, CancellationToken cancellationToken)
    {
        var progress = new ProgressLines();
        progress.Say("finding or starting a PostgreSQL");
        await using var server = await BenchmarkServer.StartAsync(connection, cancellationToken);
        var facts = await ServerFacts.ReadAsync(server.ConnectionString, cancellationToken);
        if (facts.Faults().ToList() is { Count: > 0 } faults)
        {
            throw new UnfitServerException($"Figures of this server ({server.Description}) would say nothing: {string.Join(" ", faults)}");
        }

        var report = new Report();
        report.Head(server, facts, scale, TimeProvider.System.GetUtcNow());
        var reports = new List<SuiteReport>();
        foreach (var suite in suites)
        {
            reports.Add(await suite.RunAsync(new BenchmarkRun(server, scale, progress), cancellationToken));
            report.Suite(reports[^1]);
        }

        report.Summary(reports);
        return [.. reports.SelectMany(measured => measured.Figures)];
    }

    private static int Check(List<Figure> figures)
    {
        var misses = FigureCheck.Misses(figures);
        foreach (var miss in misses)
        {
            Console.Error.WriteLine($"MISSED {miss}");
        }

        Console.Error.WriteLine($"{figures.Count - misses.Count} of {figures.Count} figures hold their limit.");
        return FigureCheck.ExitCode(figures);
    }

    private static bool IsDebug =>
#if DEBUG
        true;
#else
        false;
#endif
}
