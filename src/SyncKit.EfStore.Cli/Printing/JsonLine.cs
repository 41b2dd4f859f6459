using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SyncKit.EfStore.Cli.Printing;

/// <summary>One JSON object on a line of its own.</summary>
internal static class JsonLine
{
    // For programs and for people who look at them: quotes and letters stay as they are, control characters never.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Prints the one object that is the result of a command.</summary>
    internal static async Task PrintAsync(Action<Utf8JsonWriter> writeMembers, CancellationToken cancellationToken)
    {
        await using var output = new LineOutput();
        Write(output.Buffer, writeMembers);
        await output.FlushAsync(cancellationToken);
    }

    internal static void Write(IBufferWriter<byte> buffer, Action<Utf8JsonWriter> writeMembers)
    {
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            writeMembers(writer);
            writer.WriteEndObject();
        }

        buffer.GetSpan(1)[0] = (byte)'\n';
        buffer.Advance(1);
    }
}
