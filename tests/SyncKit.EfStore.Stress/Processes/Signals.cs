using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SyncKit.EfStore.Stress.Processes;

/// <summary>Stops a process in its tracks, as a suspended machine or a long pause of its scheduler would, and lets it go on. Not on Windows.</summary>
internal static class Signals
{
    // POSIX leaves the numbers to each system.
    private static readonly int Stop = OperatingSystem.IsMacOS() ? 17 : 19;
    private static readonly int Continue = OperatingSystem.IsMacOS() ? 19 : 18;

    internal static void Freeze(Process process) => Send(process, Stop);

    internal static void Thaw(Process process) => Send(process, Continue);

    private static void Send(Process process, int signal)
    {
        if (Kill(process.Id, signal) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"Process {process.Id} cannot be sent signal {signal}.");
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}
