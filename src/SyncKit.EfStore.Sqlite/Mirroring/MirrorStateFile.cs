using System.Text;

namespace SyncKit.EfStore.Sqlite.Mirroring;

/// <summary>Remembers which place leads, and keeps other processes from mirroring as long as it is open.</summary>
internal sealed class MirrorStateFile : IDisposable
{
    // Of one length, so that a write never leaves a part of the one before it.
    private static readonly byte[] First = "{\"leader\": \"first\" }\n"u8.ToArray();
    private static readonly byte[] Second = "{\"leader\": \"second\"}\n"u8.ToArray();

    private readonly FileStream _file;

    private MirrorStateFile(FileStream file, MirrorSide leader) => (_file, Leader) = (file, leader);

    internal MirrorSide Leader { get; private set; }

    /// <exception cref="MirrorException">Another process holds it, it cannot be opened, or it says something else.</exception>
    internal static MirrorStateFile Open(string path, MirrorSide leaderOfNew)
    {
        FileStream file;
        try
        {
            file = new FileStream(Path.GetFullPath(path), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new MirrorException(
                $"The state file of the mirror, '{path}', cannot be opened for this process alone: {error.Message} "
                    + "Where another process mirrors, append through that one; this one may read either store itself.",
                error);
        }

        try
        {
            if (file.Length == 0)
            {
                var created = new MirrorStateFile(file, leaderOfNew);
                created.Write(leaderOfNew);
                return created;
            }

            var text = new byte[First.Length];
            var read = file.ReadAtLeast(text, text.Length, throwOnEndOfStream: false);
            return new MirrorStateFile(file, text.AsSpan(0, read) switch
            {
                var said when said.SequenceEqual(First) => MirrorSide.First,
                var said when said.SequenceEqual(Second) => MirrorSide.Second,
                var said => throw new MirrorException(
                    $"The file '{path}' is not the state of a mirror: it begins with '{InputRules.Shorten(Encoding.UTF8.GetString(said))}'. "
                        + "Correct StateFile, or write into it which place leads."),
            });
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>On the disk when it returns.</summary>
    internal void Write(MirrorSide leader)
    {
        _file.Position = 0;
        _file.Write(leader == MirrorSide.First ? First : Second);
        _file.Flush(flushToDisk: true);
        Leader = leader;
    }

    public void Dispose() => _file.Dispose();
}
