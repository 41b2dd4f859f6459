using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Spectre.Console;
using SyncKit.EfStore.Cli.Commands;
using SyncKit.EfStore.Cli.Printing;

namespace SyncKit.EfStore.Cli;

/// <summary>The <c>synckit</c> command line: all commands, and what is true for each of them.</summary>
internal static class Tool
{
    // The demo ends the server it started before it goes.
    private static readonly TimeSpan TimeToEnd = TimeSpan.FromSeconds(30);

    internal static RootCommand Create()
    {
        var root = new RootCommand(
            "Provision, fill, read and follow a SyncKit event store on PostgreSQL. Data goes to stdout, all else to stderr. "
            + "Exit code: 0 done, 1 failed, 2 wrong usage. A switch that is not given is off.")
        {
            new MigrateCommand(),
            new AppendCommand(),
            new ImportCommand(),
            new CopyCommand(),
            new VerifyCommand(),
            new ExportCommand(),
            new ReadCommand(),
            new TailCommand(),
            new ListenCommand(),
            new SubscriptionsCommand(),
            new RolesCommand(),
            new AuditCommand(),
            new EraseCommand(),
            new DoctorCommand(),
            new StatsCommand(),
            new DemoCommand(),
            new CompletionCommand(),
            CommonOptions.Connection,
            CommonOptions.Verbose,
        };
        foreach (var help in root.Options.OfType<HelpOption>())
        {
            help.Action = new HelpWithExamples((HelpAction)help.Action!);
        }

        return root;
    }

    /// <summary>Never throws: what goes wrong is a line on stderr and an exit code.</summary>
    internal static async Task<int> RunAsync(string[] arguments)
    {
        AnsiConsole.Console = Consoles.ForOutput();

        var root = Create();

        // An argument that begins with @ is one, and not the name of a file with more of them.
        var parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is ParseErrorAction)
        {
            return Failures.ReportUsage(parsed);
        }

        try
        {
            var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeToEnd };
            return await parsed.InvokeAsync(configuration);
        }
        catch (Exception) when (root.Directives.OfType<SuggestDirective>().Any(suggest => parsed.GetResult(suggest) is not null))
        {
            // A shell asks at every Tab: half a command line is no reason to say anything.
            return ExitCodes.Done;
        }
        catch (Exception error)
        {
            return Failures.Report(error, verbose: parsed.GetValue(CommonOptions.Verbose));
        }
    }
}
