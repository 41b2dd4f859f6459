using System.Globalization;
using Spectre.Console;
using SyncKit.EfStore.Benchmarks.Servers;
using SyncKit.EfStore.Benchmarks.Suites;

namespace SyncKit.EfStore.Benchmarks.Reporting;

/// <summary>What was measured, for people: on stdout, tables that survive being pasted into a Markdown file.</summary>
internal sealed class Report
{
    // A table on a narrow terminal may wrap; in a file it must not.
    private const int FileWidth = 400;

    private readonly IAnsiConsole _console = AnsiConsole.Create(new AnsiConsoleSettings());

    internal Report()
    {
        if (Console.IsOutputRedirected)
        {
            _console.Profile.Width = FileWidth;
        }
    }

    /// <summary>What everything below was measured on, and by which rules.</summary>
    internal void Head(BenchmarkServer server, ServerFacts facts, Scale scale, DateTimeOffset now)
    {
        Line($"SyncKit.EfStore benchmarks, {now:yyyy-MM-dd HH:mm} UTC");
        foreach (var (name, value) in Machine.Facts())
        {
            Line($"  {name}: {value}");
        }

        Line($"  server: {server.Description}");
        Line($"  settings: {string.Join(", ", facts.Settings.Select(setting => $"{setting.Name} = {setting.Value}"))}");
        Line($"  data directory: on {facts.FileSystem ?? "a file system the server does not tell"}");
        Line($"  flush: a commit that must be flushed takes {facts.FlushTime:0.000} ms, a round trip without one {facts.RoundTrip:0.000} ms (medians)");
        Line($"  method: {scale.Rounds} rounds behind a warm-up of each contender, taken in turn, each round begun by the next one;");
        Line("    appends and imports into a fresh copy of the same analysed log each time, with one session listening to events_global,");
        Line("    a CHECKPOINT before each measured stretch, events made before the clock starts; server and clients share this machine.");
        Line("  ratio: ours / theirs of the medians over the rounds, which is what is checked; beside it the median of the rounds' own ratios.");
        if (scale.Rounds < Scale.Full.Rounds || scale.LargeLog < Scale.Full.LargeLog)
        {
            Line($"  NOT A RESULT: fewer rounds or less work than the limits are meant for.");
        }
    }

    internal void Suite(SuiteReport report)
    {
        Line("");
        Line(report.Suite);
        foreach (var sentence in report.Method)
        {
            Line($"  {sentence}");
        }

        var table = Table("measure", "contender", "median", "lowest", "highest", "unit");
        foreach (var series in report.Series)
        {
            table.AddRow(Cells(series.Measure, series.Contender, Number(series.Median), Number(series.Lowest), Number(series.Highest), series.Unit));
        }

        _console.Write(table);
        Comparisons([report]);
    }

    /// <summary>All figures that have a limit, once more and together.</summary>
    internal void Summary(IReadOnlyList<SuiteReport> reports)
    {
        if (reports.Count > 1)
        {
            Line("");
            Line("all figures");
            Comparisons(reports);
        }
    }

    private void Comparisons(IReadOnlyList<SuiteReport> reports)
    {
        var table = Table("suite", "figure", "ours", "theirs", "contender", "ratio", "by round", "must", "holds");
        foreach (var report in reports)
        {
            foreach (var comparison in report.Comparisons)
            {
                var figure = comparison.ToFigure(report.Suite);
                table.AddRow(Cells(
                    figure.Suite, figure.Name, Number(figure.Ours), Number(figure.Theirs), figure.Contender,
                    Ratio(figure.Ratio), Ratio(comparison.MedianOfRatios), figure.Must.ToString(), figure.Holds ? "yes" : "NO"));
            }
        }

        _console.Write(table);
    }

    private static Table Table(params string[] columns)
    {
        var table = new Table().Border(TableBorder.Markdown);
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(column));
        }

        return table;
    }

    private static Text[] Cells(params string[] cells) => [.. cells.Select(cell => new Text(cell))];

    private static string Number(double value) =>
        value.ToString(value >= 1_000 ? "n0" : value >= 10 ? "0.0" : "0.000", CultureInfo.InvariantCulture);

    private static string Ratio(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);

    private static void Line(string text) => Console.Out.WriteLine(text);
}
