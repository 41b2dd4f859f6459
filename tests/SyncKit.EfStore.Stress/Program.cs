using System.CommandLine;
using System.CommandLine.Invocation;
using System.Globalization;

namespace SyncKit.EfStore.Stress;

/// <summary>Runs what is asked for; or, asked to by one of those, is the second process that reads or subscribes.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        var parsed = new StressCommand().Parse(args);
        try
        {
            // Ctrl-C ends the server before it goes.
            var code = await parsed.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(60) });
            return parsed.Action is ParseErrorAction ? StressCommand.WrongUsage : code;
        }
        catch (Exception error)
        {
            await Console.Error.WriteLineAsync(error is OperationCanceledException ? error.Message : error.ToString());
            return StressCommand.Failed;
        }
    }
}
