using System.Text.Json;
using Spectre.Console;
using SyncKit.EfStore.Cli.Doctor;

namespace SyncKit.EfStore.Cli.Printing;

/// <summary>What the doctor found on stdout, a line for each examination as it ends: for people, or JSON Lines for programs.</summary>
internal sealed class FindingLines(bool json)
{
    private static readonly int NameWidth = Checkup.Examinations.Max(examination => examination.Name.Length);

    internal async Task PrintAsync(Finding finding, CancellationToken cancellationToken)
    {
        if (json)
        {
            await PrintJsonAsync(finding, cancellationToken);
        }
        else if (StandardOutput.IsTerminal)
        {
            PrintOnTerminal(finding);
        }
        else
        {
            var advice = finding.Advice is null ? "" : $" To do: {finding.Advice}";
            await Console.Out.WriteLineAsync(HarmlessText.Of($"{Status(finding.Status),-8} {finding.Name}: {finding.Message}{advice}"));
        }
    }

    private static string Status(FindingStatus status) => JsonNamingPolicy.SnakeCaseLower.ConvertName(status.ToString());

    private static async Task PrintJsonAsync(Finding finding, CancellationToken cancellationToken)
    {
        await using var printer = new JsonPrinter<Finding>((buffer, item) => JsonLine.Write(buffer, writer =>
        {
            writer.WriteString("name", item.Name);
            writer.WriteString("status", Status(item.Status));
            writer.WriteString("message", item.Message);
            writer.WriteString("advice", item.Advice);
        }));
        await printer.PrintAsync(finding, cancellationToken);
        await printer.FlushAsync(cancellationToken);
    }

    private static void PrintOnTerminal(Finding finding)
    {
        var (tick, colour) = finding.Status switch
        {
            FindingStatus.Ok => ("✓", Color.Green),
            FindingStatus.Skipped => ("-", Color.Grey),
            FindingStatus.Warning => ("!", Color.Yellow),
            _ => ("✗", Color.Red),
        };
        var message = new Paragraph(HarmlessText.Of(finding.Message), finding.Status is FindingStatus.Skipped ? new Style(Color.Grey) : Style.Plain);
        if (finding.Advice is { } advice)
        {
            message.Append(" → " + HarmlessText.Of(advice), new Style(Color.Blue));
        }

        AnsiConsole.Write(new Grid()
            .AddColumn(new GridColumn { Width = 1, Padding = new Padding(0, 0, 1, 0) })
            .AddColumn(new GridColumn { Width = NameWidth, Padding = new Padding(0, 0, 2, 0) })
            .AddColumn(new GridColumn { Padding = new Padding(0, 0, 0, 0) })
            .AddRow(new Text(tick, new Style(colour, decoration: Decoration.Bold)), new Text(finding.Name), message));
    }
}
