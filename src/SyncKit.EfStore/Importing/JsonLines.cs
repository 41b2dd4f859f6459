using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using SyncKit.EfStore.Importing;

namespace SyncKit.EfStore;

/// <summary>
/// Events as JSON Lines: one object a line, whose members have the names of the columns. A member that is absent is SQL NULL, one that is
/// <c>null</c> is the JSON value <c>null</c>. What <see cref="Write"/> writes, <see cref="ReadAsync"/> reads.
/// </summary>
public static class JsonLines
{
    private static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    /// <summary>Reads events in constant memory.</summary>
    /// <param name="input">
    /// UTF-8, or gzip of it, which is recognised by its first bytes. <c>id</c>, <c>aggregate_id</c> and <c>event_type</c> are required,
    /// <c>data</c>, <c>metadata</c> and <c>created_at</c> (ISO 8601 with an offset; absent or null is the server's clock) are not, others are
    /// ignored. Blank lines are skipped; a line holds at most 64 MiB. Not disposed.
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

    /// <summary>Writes one event and a line feed. The bytes of <c>data</c> and <c>metadata</c> go out as they are stored.</summary>
    /// <param name="output">Takes the line.</param>
    /// <param name="stored">The event.</param>
    public static void Write(IBufferWriter<byte> output, StoredEvent stored)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(stored);
        using (var json = new Utf8JsonWriter(output, WriterOptions))
        {
            json.WriteStartObject();
            json.WriteNumber("version"u8, stored.Version.Value);
            json.WriteNumber("stream_version"u8, stored.StreamVersion);
            json.WriteString("id"u8, stored.Id);
            json.WriteString("aggregate_id"u8, stored.AggregateId);
            json.WriteString("event_type"u8, stored.EventType);
            WriteRaw(json, "data"u8, stored.Data);
            WriteRaw(json, "metadata"u8, stored.Metadata);
            if (stored.CreatedAt is { } createdAt)
            {
                json.WriteString("created_at"u8, createdAt.ToUniversalTime());
            }

            json.WriteEndObject();
        }

        output.Write("\n"u8);
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

    private static void WriteRaw(Utf8JsonWriter json, ReadOnlySpan<byte> name, EventJson? value)
    {
        if (value is not null)
        {
            json.WritePropertyName(name);
            json.WriteRawValue(value.Utf8.Span, skipInputValidation: true);
        }
    }
}
