using System.CommandLine;
using System.CommandLine.Invocation;
using System.Globalization;
using SyncKit.EfStore.Benchmarks;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var parsed = new BenchmarkCommand().Parse(args);
try
{
    // Ctrl-C ends the server and drops the databases before it goes.
    var code = await parsed.InvokeAsync(
        new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(60) });
    return parsed.Action is ParseErrorAction ? BenchmarkCommand.WrongUsage : code;
}
catch (Exception error)
{
    Console.Error.WriteLine(error is OperationCanceledException or UnfitServerException ? error.Message : error.ToString());
    return BenchmarkCommand.Failed;
}
