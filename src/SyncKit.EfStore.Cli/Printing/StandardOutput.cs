using System.Runtime.InteropServices;
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

    /// <summary>Whether the reader has gone, asked without writing: who follows a quiet log would find out only with its next event.</summary>
    internal static bool IsAbandoned()
    {
        if (IsTerminal || OperatingSystem.IsWindows())
        {
            return false;
        }

        var output = new PollDescriptor { Descriptor = 1 };
        return Poll(ref output, 1, 0) > 0 && (output.Returned & (PollError | PollHangUp)) != 0;
    }

    private const short PollError = 0x8;
    private const short PollHangUp = 0x10;

    [DllImport("libc", EntryPoint = "poll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Poll(ref PollDescriptor descriptors, nuint count, int timeoutMilliseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        internal int Descriptor;
        internal short Asked;
        internal short Returned;
    }
}
