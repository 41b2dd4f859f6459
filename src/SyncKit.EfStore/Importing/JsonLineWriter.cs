using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SyncKit.EfStore.Importing;

/// <summary>Writes one object and a line feed: opened when made, closed when disposed. A value that is null is left out.</summary>
internal readonly ref struct JsonLineWriter : IDisposable
{
    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private readonly IBufferWriter<byte> _output;
    private readonly Utf8JsonWriter _json;

    internal JsonLineWriter(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        _output = output;
        _json = new Utf8JsonWriter(output, Options);
        _json.WriteStartObject();
    }

    internal void Place(EventVersion version, long streamVersion, string id, string aggregateId)
    {
        _json.WriteNumber("version"u8, version.Value);
        _json.WriteNumber("stream_version"u8, streamVersion);
        Text("id"u8, id);
        Text("aggregate_id"u8, aggregateId);
    }

    internal void Text(ReadOnlySpan<byte> name, string value)
    {
        if (!value.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            _json.WriteString(name, value);
            return;
        }

        // Every encoder of .NET escapes what lies above U+FFFF, emoji for one; JSON does not ask for it.
        _json.WritePropertyName(name);
        _json.WriteRawValue(Quote(value), skipInputValidation: true);
    }

    internal void Raw(ReadOnlySpan<byte> name, EventJson? value)
    {
        if (value is not null)
        {
            _json.WritePropertyName(name);

            // Six bytes for one or two: what is read again has a limit, which comes first.
            var safe = TerminalSafeJson.Of(value.Utf8.Span);
            _json.WriteRawValue(safe.Length <= EventLimits.DefaultMaxJsonBytes ? safe : value.Utf8.Span, skipInputValidation: true);
        }
    }

    internal void Instant(ReadOnlySpan<byte> name, DateTimeOffset? value)
    {
        if (value is { } instant)
        {
            _json.WriteString(name, instant.ToUniversalTime());
        }
    }

    public void Dispose()
    {
        _json.WriteEndObject();
        _json.Dispose();
        _output.Write("\n"u8);
    }

    private static string Quote(string value)
    {
        var text = new StringBuilder(value.Length + 8).Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' or '\\' => text.Append('\\').Append(c),
                < ' ' or (>= '\u007F' and <= '\u009F') => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}"),
                _ => text.Append(c),
            };
        }

        return text.Append('"').ToString();
    }
}
