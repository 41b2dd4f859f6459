using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace SyncKit.EfStore.Tests.Cli;

/// <summary>What a finished synckit process said.</summary>
internal sealed record SynckitResult(int ExitCode, string Output, string Error)
{
    internal string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>The real tool in a process of its own, with pipes for all it says. Killed when disposed.</summary>
internal sealed class SynckitProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly string Tool = RepositoryRoot.Program("src/SyncKit.EfStore.Cli", "synckit.dll");

    private readonly Process _process;
    private readonly StringBuilder _error = new();

    private bool _outputClosed;

    private SynckitProcess(Process process) => _process = process;

    /// <summary>Runs it to its end.</summary>
    /// <param name="connectionString">For its environment; null leaves it without one.</param>
    /// <param name="arguments">The command line.</param>
    internal static Task<SynckitResult> RunAsync(string? connectionString, params string[] arguments) =>
        RunAsync(connectionString, input: null, arguments);

    /// <summary>Runs it to its end with something on its stdin.</summary>
    internal static async Task<SynckitResult> RunAsync(string? connectionString, byte[]? input, string[] arguments)
    {
        using var synckit = Start(connectionString, arguments);
        if (input is not null)
        {
            await synckit._process.StandardInput.BaseStream.WriteAsync(input);
        }

        synckit._process.StandardInput.Close();
        return await synckit.EndAsync();
    }

    internal static SynckitProcess Start(string? connectionString, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", Tool, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = new UTF8Encoding(false),
            StandardErrorEncoding = new UTF8Encoding(false),
        };
        start.Environment.Remove("ConnectionStrings__EventStore");
        if (connectionString is not null)
        {
            start.Environment["ConnectionStrings__EventStore"] = connectionString;
        }

        return new SynckitProcess(Process.Start(start)!);
    }

    /// <summary>Waits for a line on stderr that holds a text.</summary>
    internal async Task UntilSaidAsync(string text)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (await _process.StandardError.ReadLineAsync(patience.Token) is { } line)
        {
            _error.AppendLine(line);
            if (line.Contains(text, StringComparison.Ordinal))
            {
                return;
            }
        }

        Assert.Fail($"synckit ended without saying '{text}'; it said: {_error}");
    }

    internal async Task<string> ReadLineAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        return await _process.StandardOutput.ReadLineAsync(patience.Token) ?? throw new AssertFailedException($"synckit ended its output; it said: {_error}");
    }

    /// <summary>Closes the pipe on its stdout, as head does when it has enough.</summary>
    internal void CloseOutput()
    {
        _outputClosed = true;
        _process.StandardOutput.Close();
    }

    /// <summary>As Ctrl-C does.</summary>
    internal void Interrupt() => Assert.AreEqual(0, Kill(_process.Id, 2));

    /// <summary>As a service manager does.</summary>
    internal void Terminate() => Assert.AreEqual(0, Kill(_process.Id, 15));

    /// <summary>As <c>kill -9</c> does.</summary>
    internal void Kill() => _process.Kill();

    internal async Task<SynckitResult> EndAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        var output = _outputClosed ? Task.FromResult("") : _process.StandardOutput.ReadToEndAsync(patience.Token);
        _error.Append(await _process.StandardError.ReadToEndAsync(patience.Token));
        await _process.WaitForExitAsync(patience.Token);
        return new SynckitResult(_process.ExitCode, await output, _error.ToString());
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}
