using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using SyncKit.EfStore.Cli;
using SyncKit.EfStore.Cli.Commands;

var root = new RootCommand("Provision, fill, read and follow a SyncKit event store on PostgreSQL.")
{
    new MigrateCommand(),
    new AppendCommand(),
    new ImportCommand(),
    new CopyCommand(),
    new VerifyCommand(),
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
    CommonOptions.Connection,
    CommonOptions.Verbose,
};
foreach (var help in root.Options.OfType<HelpOption>())
{
    help.Action = new HelpWithExamples((HelpAction)help.Action!);
}

// An argument that begins with @ is one, and not the name of a file with more of them.
var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
if (parsed.Action is ParseErrorAction)
{
    return Failures.ReportUsage(parsed);
}

try
{
    // The demo ends the server it started before it goes.
    var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(30) };
    return await parsed.InvokeAsync(configuration);
}
catch (Exception error)
{
    return Failures.Report(error, verbose: parsed.GetValue(CommonOptions.Verbose));
}
