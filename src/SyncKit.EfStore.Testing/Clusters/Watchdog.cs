using System.ComponentModel;
using System.Diagnostics;

namespace SyncKit.EfStore.Testing.Clusters;

/// <summary>
/// A process that outlives this one by a moment: when its standard input ends, because we closed it or because we were killed,
/// it stops the server and removes the folder. Clean-up has only this one way, so every test run tries it.
/// </summary>
internal sealed class Watchdog : IAsyncDisposable
{
    // A signal to our whole process group (Ctrl-C, a CI job that is cancelled) must not take the watchdog along.
    private const string Script =
        """
        trap '' INT TERM HUP QUIT
        cat >/dev/null
        "$1" stop -s -m immediate -w -D "$2/data" >/dev/null 2>&1
        cd / && rm -rf "$2"
        """;

    private const string SetSid = "/usr/bin/setsid";
    private readonly Process _process;

    private Watchdog(Process process)
    {
        _process = process;
    }

    internal static Watchdog Start(string programs, string folder)
    {
        var start = StartInfo(ProgramFolders.Program(programs, "pg_ctl"), folder);
        var process = Process.Start(start)!;

        // It writes nothing; closed pipes are fewer files to hold open.
        process.StandardOutput.Close();
        process.StandardError.Close();
        return new Watchdog(process);
    }

    /// <summary>Lets the watchdog do its work, and waits until the server has ended and the folder is gone.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.Close();
            await _process.WaitForExitAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or Win32Exception)
        {
            // It was killed; there is nothing to tell it any more.
        }

        _process.Dispose();
    }

    private static ProcessStartInfo StartInfo(string control, string folder)
    {
        var parent = Path.GetDirectoryName(folder)!;
        if (OperatingSystem.IsWindows())
        {
            var start = ProgramRun.StartInfo("cmd.exe", [], parent);
            start.Arguments =
                $"/d /s /c \"findstr x >nul & \"{control}\" stop -s -m immediate -w -D \"{folder}\\data\" & rmdir /s /q \"{folder}\"\"";
            start.CreateNewProcessGroup = true; // Ctrl-C goes to every process of a console but those of other groups.
            return start;
        }

        string[] shell = ["/bin/sh", "-c", Script, "sh", control, folder];

        // In a session of its own, where there is the program for it, even a kill -9 of our process group misses it.
        return File.Exists(SetSid)
            ? ProgramRun.StartInfo(SetSid, shell, parent)
            : ProgramRun.StartInfo(shell[0], shell[1..], parent);
    }
}
