using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using SyncKit.EfStore.Importing;

namespace SyncKit.EfStore;

/// <summary>
/// Events as JSON Lines: one object a line, whose members have the names of the columns. A member that is absent is SQL NULL, one that is
/// <c>null</c> is the JSON value <c>null</c>. What <see cref="Write(IBufferWriter{byte}, StoredEvent)"/> writes, <see cref="ReadAsync"/> reads.
/// </summary>
public static class JsonLines
{
    /// <summary>Reads events in constant memory.</summary>
    /// <param name="input">
    /// UTF-8, or gzip of it, which is recognised by its first bytes. <c>id</c>, <c>aggregate_id</c> and <c>event_type</c> are required,
    /// <c>data</c>, <c>metadata</c> and <c>created_at</c> (ISO 8601 with an offset; absent or null is the server's clock) are not, others are
    /// ignored. Blank lines are skipped; a line holds at most 64 MiB. Not disposed. .NET takes gzip that was cut off for its end, unless the
    /// application sets <c>System.IO.Compression.UseStrictValidation</c> to true.
    /// </param>
    /// <param name="cancellationToken">Ends the read.</param>
    /// <exception cref="ImportException">A line is no event that can be stored. All lines before it have been returned.</exception>
    public static async IAsyncEnumerable<EventData> ReadAsync(
        Stream input, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var (_, eventData) in ReadNumberedAsync(input, cancellationToken).ConfigureAwait(false))
        {
            yield return eventData;
        }
    }

    /// <summary>Writes one event and a line feed. <c>data</c> and <c>metadata</c> go out as they are stored, DEL and C1 control characters escaped.</summary>
    /// <param name="output">Takes the line.</param>
    /// <param name="stored">The event.</param>
    public static void Write(IBufferWriter<byte> output, StoredEvent stored)
    {
        ArgumentNullException.ThrowIfNull(stored);
        using var line = new JsonLineWriter(output);
        line.Place(stored.Version, stored.StreamVersion, stored.Id, stored.AggregateId);
        line.Text("event_type"u8, stored.EventType);
        line.Raw("data"u8, stored.Data);
        line.Raw("metadata"u8, stored.Metadata);
        line.Instant("created_at"u8, stored.CreatedAt);
    }

    /// <summary>Writes one notification and a line feed.</summary>
    /// <param name="output">Takes the line.</param>
    /// <param name="notification">The notification.</param>
    public static void Write(IBufferWriter<byte> output, EventNotification notification)
    {
        ArgumentNullException.ThrowIfNull(notification);
        using var line = new JsonLineWriter(output);
        line.Place(notification.Version, notification.StreamVersion, notification.Id, notification.AggregateId);
        line.Text("event_type"u8, notification.EventType);
        line.Instant("created_at"u8, notification.CreatedAt);
        line.Text("stream_name"u8, notification.StreamName);
    }

    /// <summary>Writes the place of one appended event and a line feed.</summary>
    /// <param name="output">Takes the line.</param>
    /// <param name="appended">The place.</param>
    public static void Write(IBufferWriter<byte> output, AppendedEvent appended)
    {
        ArgumentNullException.ThrowIfNull(appended);
        using var line = new JsonLineWriter(output);
        line.Place(appended.Version, appended.StreamVersion, appended.Id, appended.AggregateId);
    }

    internal static async IAsyncEnumerable<NumberedEvent> ReadNumberedAsync(
        Stream input, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var pipe = PipeReader.Create(input, new StreamPipeReaderOptions(bufferSize: 64 * 1024, leaveOpen: true));
        await using var plain = await DecompressAsync(pipe, cancellationToken).ConfigureAwait(false);
        var lines = new LineReader(plain);
        while (await NextAsync(lines, cancellationToken).ConfigureAwait(false))
        {
            if (!IsBlank(lines.Line.Span))
            {
                yield return new NumberedEvent(lines.Number, Parse(lines));
            }
        }
    }

    private static async Task<Stream> DecompressAsync(PipeReader pipe, CancellationToken cancellationToken)
    {
        var start = await pipe.ReadAtLeastAsync(2, cancellationToken).ConfigureAwait(false);
        var isGzip = start.Buffer.Length >= 2 && start.Buffer.Slice(0, 2).ToArray() is [0x1F, 0x8B];
        pipe.AdvanceTo(start.Buffer.Start);
        return isGzip ? new GZipStream(pipe.AsStream(), CompressionMode.Decompress) : pipe.AsStream();
    }

    private static async ValueTask<bool> NextAsync(LineReader lines, CancellationToken cancellationToken)
    {
        try
        {
            return await lines.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidDataException error)
        {
            throw new ImportException(lines.Number + 1, "The gzip data must be whole and undamaged; it is not.", error);
        }
    }

    private static EventData Parse(LineReader lines)
    {
        try
        {
            return EventLine.Parse(lines.Line.Span);
        }
        catch (InvalidInputException error)
        {
            throw new ImportException(lines.Number, error.Message, error);
        }
    }

    private static bool IsBlank(ReadOnlySpan<byte> line) => line.IndexOfAnyExcept((byte)' ', (byte)'\t') < 0;
}
