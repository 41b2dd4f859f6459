using System.Diagnostics;

namespace SyncKit.EfStore.Stress.Processes;

/// <summary>This program again, as a process of its own, with another verb. The two talk through its input and output.</summary>
internal static class ChildProgram
{
    // Not on the command line, which everybody on the machine can read.
    internal const string ConnectionVariable = "SYNCKIT_STRESS_CONNECTION";

    internal static Process Start(string connectionString, params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(ChildProgram).Assembly.Location);
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment[ConnectionVariable] = connectionString;
        return Process.Start(start)!;
    }

    /// <summary>What the parent gave; null, and a word on stderr, where nobody did.</summary>
    internal static async Task<string?> ConnectionStringAsync()
    {
        var given = Environment.GetEnvironmentVariable(ConnectionVariable);
        if (given is null)
        {
            await Console.Error.WriteLineAsync($"{ConnectionVariable} is not set: this verb is for another one to start.");
        }

        return given;
    }
}
