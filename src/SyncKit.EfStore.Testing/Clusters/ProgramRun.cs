using System.Diagnostics;

namespace SyncKit.EfStore.Testing.Clusters;

/// <summary>A program that ran to its end.</summary>
/// <param name="ExitCode">0 for success.</param>
/// <param name="Output">What it wrote, to either stream.</param>
internal sealed record ProgramRun(int ExitCode, string Output)
{
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    /// <summary>Runs a program as the user that PostgreSQL accepts, and waits for it. A cancelled one is killed.</summary>
    internal static Task<ProgramRun> RunAsync(
        string program, IEnumerable<string> arguments, string folder, CancellationToken cancellationToken) =>
        RunAsync(StartInfo(program, arguments, folder), cancellationToken);

    internal static async Task<ProgramRun> RunAsync(ProcessStartInfo start, CancellationToken cancellationToken)
    {
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        try
        {
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        try
        {
            // On Windows a server that pg_ctl started inherits these pipes, and keeps them open for as long as it runs.
            await Task.WhenAll(output, errors).WaitAsync(LastWords, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return new ProgramRun(process.ExitCode, "");
        }

        return new ProgramRun(process.ExitCode, (await output.ConfigureAwait(false)) + (await errors.ConfigureAwait(false)));
    }

    /// <summary>For a program of PostgreSQL: as the right user, and with nothing of another PostgreSQL in its environment.</summary>
    internal static ProcessStartInfo StartInfo(string program, IEnumerable<string> arguments, string folder)
    {
        var start = OwnStartInfo(program, arguments, folder);

        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("PG", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["LC_ALL"] = "C";
        if (UnprivilegedUser.Name is { } user)
        {
            start.UserName = user;
            start.Environment["HOME"] = folder;
        }

        return start;
    }

    /// <summary>For a program that runs as whoever we are. All three streams are pipes.</summary>
    internal static ProcessStartInfo OwnStartInfo(string program, IEnumerable<string> arguments, string folder) =>
        new(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            CreateNoWindow = true,
        };
}
