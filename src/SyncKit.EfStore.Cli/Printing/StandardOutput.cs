using Microsoft.Win32.SafeHandles;

namespace SyncKit.EfStore.Cli.Printing;

/// <summary>The bytes of stdout.</summary>
internal static class StandardOutput
{
    private const int BrokenPipe = 32; // EPIPE

    internal static bool IsTerminal => !Console.IsOutputRedirected;

    /// <summary>
    /// Opens stdout. The console's own stream takes bytes for a closed pipe as if nothing had happened, and so would go on for ever into
    /// <c>| head</c>: a pipe is written to as a file, which reports it. Nothing else is, for a file's offset would not be shared with stderr.
    /// </summary>
    internal static Stream Open()
    {
        if (IsTerminal || OperatingSystem.IsWindows())
        {
            return Console.OpenStandardOutput();
        }

        var file = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return file.CanSeek ? Console.OpenStandardOutput() : file;
    }

    /// <summary>Whether the reader of stdout has gone. That is how a pipe ends, and no failure.</summary>
    internal static bool IsClosedPipe(Exception error) => error is IOException { HResult: BrokenPipe };
}
