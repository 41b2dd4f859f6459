using System.Diagnostics;
using System.Globalization;
using SyncKit.EfStore.Stress.Checking;
using SyncKit.EfStore.Stress.Processes;

namespace SyncKit.EfStore.Stress.Reading;

/// <summary>
/// The same readers in a process of its own: this program again, with the verb <c>reader</c>. It says "ready"; told how many events there
/// are, it says "caught up"; at the end of its input it writes what its readers were given to files, and ends.
/// </summary>
internal sealed class ReaderProcess : IReaderGroup
{
    internal const string Ready = "ready";
    internal const string CaughtUp = "caught up";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Process _process;
    private readonly DirectoryInfo _folder;

    private ReaderProcess(Process process, DirectoryInfo folder)
    {
        _process = process;
        _folder = folder;
    }

    internal static async Task<ReaderProcess> StartAsync(string connectionString, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("synckit-stress-");
        var group = new ReaderProcess(ChildProgram.Start(connectionString, ReaderCommand.Verb, folder.FullName), folder);
        try
        {
            await group.HearAsync(Ready, cancellationToken);
            return group;
        }
        catch
        {
            await group.DisposeAsync();
            throw;
        }
    }

    public async Task CatchUpAsync(int events, long highest, CancellationToken cancellationToken)
    {
        await _process.StandardInput.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{events} {highest}"));
        await _process.StandardInput.FlushAsync(cancellationToken);
        await HearAsync(CaughtUp, cancellationToken);
    }

    public async Task<IReadOnlyList<ReaderVerdict>> StopAsync(IReadOnlyList<CommittedEvent> committed, CancellationToken cancellationToken)
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync(cancellationToken).WaitAsync(Patience, cancellationToken);
        return
        [
            .. ReaderKinds.Exact().Select(reader => new ReaderVerdict(
                $"{reader.Name}, process {_process.Id}",
                reader.IsControl,
                DeliveryCheck.Check(committed, Deliveries.ReadFrom(Path.Combine(_folder.FullName, reader.Name)), reader.Order))),
        ];
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task HearAsync(string expected, CancellationToken cancellationToken)
    {
        // No limit of its own beyond the child's: each of its readers gives up after a minute without progress.
        var said = await _process.StandardOutput.ReadLineAsync(cancellationToken);
        if (said != expected)
        {
            throw new InvalidOperationException($"The reading process was to say '{expected}'; it said '{said ?? "nothing more"}'.");
        }
    }
}
