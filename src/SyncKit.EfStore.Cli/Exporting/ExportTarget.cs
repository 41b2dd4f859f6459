using System.IO.Compression;
using SyncKit.EfStore.Cli.Printing;

namespace SyncKit.EfStore.Cli.Exporting;

/// <summary>
/// Where an export goes: stdout, or a file that has its name only once it is whole. Until then it stands beside as <c>NAME.partial</c>, so that
/// an export that was broken off is never taken for one, and the file of before stays.
/// </summary>
internal sealed class ExportTarget : IAsyncDisposable
{
    internal const string PartialSuffix = ".partial";

    private readonly Stream _bytes;
    private readonly GZipStream? _gzip;
    private readonly string? _final;
    private readonly string? _partial;
    private bool _whole;

    private ExportTarget(Stream bytes, bool gzip, string? final, string? partial)
    {
        _bytes = bytes;
        _gzip = gzip ? new GZipStream(bytes, CompressionLevel.Optimal, leaveOpen: true) : null;
        _final = final;
        _partial = partial;
    }

    /// <summary>Takes the lines. Not to be disposed: who is broken off must not write the end that makes gzip look whole.</summary>
    internal Stream Lines => (Stream?)_gzip ?? _bytes;

    internal static ExportTarget ToOutput(bool gzip) => new(StandardOutput.Open(), gzip, final: null, partial: null);

    /// <exception cref="UsageException">There is no such folder, or the name is a folder's.</exception>
    /// <exception cref="IOException">Another export to the same file is under way.</exception>
    internal static ExportTarget ToFile(string name, bool gzip)
    {
        // Of a link, what it leads to is replaced, and not the link.
        var final = new FileInfo(name).LinkTarget is null ? Path.GetFullPath(name) : File.ResolveLinkTarget(name, returnFinalTarget: true)!.FullName;
        if (Directory.Exists(final))
        {
            throw new UsageException($"'{name}' is a folder. Name a file in it.");
        }

        if (!Directory.Exists(Path.GetDirectoryName(final)))
        {
            throw new UsageException($"There is no folder for the file '{name}'.");
        }

        if (!File.Exists(final))
        {
            return Beside(final, gzip, mode: null);
        }

        // A named pipe or a device is written to: in the place of /dev/null nobody wants a file.
        var existing = new FileStream(final, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        if (!existing.CanSeek || final.StartsWith("/dev/", StringComparison.Ordinal))
        {
            return new ExportTarget(existing, gzip, final: null, partial: null);
        }

        existing.Dispose();
        return Beside(final, gzip, OperatingSystem.IsWindows() ? null : File.GetUnixFileMode(final));
    }

    /// <summary>Writes the end, and gives the file its name.</summary>
    internal async Task CompleteAsync(CancellationToken cancellationToken)
    {
        if (_gzip is not null)
        {
            await _gzip.DisposeAsync();
        }

        if (_partial is not null)
        {
            await _bytes.FlushAsync(cancellationToken);
            ((FileStream)_bytes).Flush(flushToDisk: true);
            cancellationToken.ThrowIfCancellationRequested();
            File.Move(_partial, _final!, overwrite: true); // While it is open, and so locked: no other export can begin in it.
        }

        _whole = true;
    }

    /// <summary>Without <see cref="CompleteAsync"/> before, nothing of the file is left.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_partial is not null && !_whole)
        {
            File.Delete(_partial); // Before it is unlocked, or it could be another's by then.
        }

        await _bytes.DisposeAsync();
    }

    private static ExportTarget Beside(string final, bool gzip, UnixFileMode? mode)
    {
        var partial = final + PartialSuffix;

        // Who may read the file of before, and nobody else, may read the new one.
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            Share = OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None, // Locked, and to be renamed or deleted while it is.
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = mode;
        }

        return new ExportTarget(new FileStream(partial, options), gzip, final, partial);
    }
}
