using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace SyncKit.EfStore.Sqlite.Copying;

/// <summary>
/// JSON Lines of events that cannot be copied, each once, however often the copy is broken off and begun again: what is written is on the disk
/// before the copy goes on.
/// </summary>
internal sealed class RejectsFile : IAsyncDisposable
{
    // For people who read them: letters stay as they are, control characters never.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly FileStream _file;
    private readonly string _source;
    private readonly HashSet<long> _written;

    private RejectsFile(FileStream file, string source, HashSet<long> written) => (_file, _source, _written) = (file, source, written);

    /// <summary>Opens the file, and reads which events of this source it holds.</summary>
    /// <exception cref="InvalidInputException">It is a file of something else.</exception>
    internal static RejectsFile Open(string path, string source)
    {
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            var written = new HashSet<long>();
            file.SetLength(ReadLines(file, path, source, written));
            file.Seek(0, SeekOrigin.End);
            return new RejectsFile(file, source, written);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    internal async Task WriteAsync(IEnumerable<RefusedEvent> refused, CancellationToken cancellationToken)
    {
        using var lines = new MemoryStream();
        foreach (var one in refused.Where(one => _written.Add(one.Event.Version)))
        {
            WriteLine(lines, one);
        }

        await _file.WriteAsync(lines.GetBuffer().AsMemory(0, (int)lines.Length), cancellationToken).ConfigureAwait(false);
        _file.Flush(flushToDisk: true);
    }

    public ValueTask DisposeAsync() => _file.DisposeAsync();

    /// <returns>Where the last whole line ends: what stands behind it is of a copy that was broken off.</returns>
    private static long ReadLines(FileStream file, string path, string source, HashSet<long> written)
    {
        var end = 0L;
        using var reader = new StreamReader(file, new UTF8Encoding(false), detectEncodingFromByteOrderMarks: false, leaveOpen: true);
        for (var number = 1; reader.ReadLine() is { } line; number++)
        {
            var bytes = Encoding.UTF8.GetByteCount(line) + 1;
            if (end + bytes > file.Length && line.StartsWith("{\"source\":"[..Math.Min(line.Length, 10)], StringComparison.Ordinal))
            {
                break;
            }

            try
            {
                using var json = JsonDocument.Parse(line);
                if (json.RootElement.GetProperty("source").GetString() == source)
                {
                    written.Add(json.RootElement.GetProperty("version").GetInt64());
                }
            }
            catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
            {
                throw new InvalidInputException(
                    "rejects file", "must be a new file or one that a copy wrote", $"line {number} of '{path}' is something else", error);
            }

            end += bytes;
        }

        return end;
    }

    private void WriteLine(MemoryStream lines, RefusedEvent refused)
    {
        var given = refused.Event;
        using (var json = new Utf8JsonWriter(lines, Options))
        {
            json.WriteStartObject();
            json.WriteString("source", _source);
            json.WriteNumber("version", given.Version);
            json.WriteString("id", given.Id);
            json.WriteString("reason", refused.Reason);
            json.WriteStartObject("row");
            json.WriteString("aggregate_id", given.AggregateId);
            json.WriteString("event_type", given.EventType);
            Write(json, "data", given.Data);
            Write(json, "metadata", given.Metadata);
            if (given.CreatedAt is { } at)
            {
                json.WriteString("created_at", at);
            }

            if (given.OriginNode is { } node)
            {
                json.WriteString("origin_node", node);
            }

            if (given.OriginCounter is { } counter)
            {
                json.WriteNumber("origin_counter", counter);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        lines.WriteByte((byte)'\n');
    }

    /// <summary>As text, since it may be no JSON; as base64, where it is not even text.</summary>
    private static void Write(Utf8JsonWriter json, string name, EventJson? document)
    {
        if (document is null)
        {
            return;
        }

        if (Utf8.IsValid(document.Utf8.Span))
        {
            json.WriteString(name, document.Utf8.Span);
        }
        else
        {
            json.WriteBase64String($"{name}_base64", document.Utf8.Span);
        }
    }
}
