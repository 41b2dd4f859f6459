using System.Diagnostics;

namespace SyncKit.EfStore.Tests.Stress;

/// <summary>The stress program, as it is run by hand.</summary>
internal static class StressProgram
{
    /// <returns>Its exit code, its stdout, and both of its outputs for a message.</returns>
    internal static async Task<(int ExitCode, string Said, string All)> RunAsync(TestContext context, params string[] arguments)
    {
        var program = RepositoryRoot.Program(
            "tests/SyncKit.EfStore.Stress", OperatingSystem.IsWindows() ? "SyncKit.EfStore.Stress.exe" : "SyncKit.EfStore.Stress");
        using var stress = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            var output = stress.StandardOutput.ReadToEndAsync(context.CancellationToken);
            var errors = stress.StandardError.ReadToEndAsync(context.CancellationToken);
            await stress.WaitForExitAsync(context.CancellationToken);
            var (said, all) = (await output, $"{await output}\n{await errors}");
            context.WriteLine(all);
            return (stress.ExitCode, said, all);
        }
        finally
        {
            if (!stress.HasExited)
            {
                stress.Kill(entireProcessTree: true);
            }
        }
    }
}
