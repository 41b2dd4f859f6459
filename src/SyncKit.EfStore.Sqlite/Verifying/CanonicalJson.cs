using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace SyncKit.EfStore.Sqlite.Verifying;

/// <summary>
/// The hash of a document, the same for two documents exactly when JSONB holds them equal: the last of duplicate keys counts, their order does
/// not, numbers go by value and texts by their code points. What is no JSON is hashed as it stands.
/// </summary>
internal static class CanonicalJson
{
    private const int KeptBytes = 1024 * 1024;

    // Each kind begins with a letter of its own and says how long it is or where it ends: no two documents are written alike.
    private const byte Text = (byte)'"';
    private const byte Foreign = (byte)'?';

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    /// <summary>Half of a SHA-256, 128 bits; null for an absent document, which is not the document <c>null</c>.</summary>
    internal static UInt128? Hash(EventJson? json)
    {
        if (json is null)
        {
            return null;
        }

        var buffer = _buffer ??= new ArrayBufferWriter<byte>();
        buffer.ResetWrittenCount();
        try
        {
            using var document = json.ToDocument();
            Write(buffer, document.RootElement);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // A row of another program: no JSON, deeper than ours, or with a text that is none.
            buffer.ResetWrittenCount();
            Write(buffer, Foreign, json.Utf8.Span);
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(buffer.WrittenSpan, hash);
        if (buffer.Capacity > KeptBytes)
        {
            _buffer = null;
        }

        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    private static void Write(ArrayBufferWriter<byte> buffer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                WriteObject(buffer, value);
                break;
            case JsonValueKind.Array:
                buffer.Write("["u8);
                foreach (var item in value.EnumerateArray())
                {
                    Write(buffer, item);
                }

                buffer.Write("]"u8);
                break;
            case JsonValueKind.String:
                WriteText(buffer, value);
                break;
            case JsonValueKind.Number:
                CanonicalNumber.Write(buffer, JsonMarshal.GetRawUtf8Value(value));
                break;
            case JsonValueKind.True:
                buffer.Write("t"u8);
                break;
            case JsonValueKind.False:
                buffer.Write("f"u8);
                break;
            default:
                buffer.Write("n"u8);
                break;
        }
    }

    private static void WriteObject(ArrayBufferWriter<byte> buffer, JsonElement value)
    {
        // Sorting is stable: of equal keys the last one stands last.
        var members = value.EnumerateObject().Select(member => (member.Name, member.Value)).OrderBy(member => member.Name, StringComparer.Ordinal).ToArray();
        buffer.Write("{"u8);
        for (var i = 0; i < members.Length; i++)
        {
            if (i + 1 < members.Length && members[i + 1].Name == members[i].Name)
            {
                continue;
            }

            Write(buffer, Text, Encoding.UTF8.GetBytes(members[i].Name));
            Write(buffer, members[i].Value);
        }

        buffer.Write("}"u8);
    }

    private static void WriteText(ArrayBufferWriter<byte> buffer, JsonElement value)
    {
        var quoted = JsonMarshal.GetRawUtf8Value(value);
        if (quoted.Contains((byte)'\\'))
        {
            Write(buffer, Text, Encoding.UTF8.GetBytes(value.GetString()!));
        }
        else
        {
            Write(buffer, Text, quoted[1..^1]);
        }
    }

    private static void Write(ArrayBufferWriter<byte> buffer, byte kind, ReadOnlySpan<byte> content)
    {
        buffer.GetSpan(1)[0] = kind;
        buffer.Advance(1);
        BinaryPrimitives.WriteInt32BigEndian(buffer.GetSpan(sizeof(int)), content.Length);
        buffer.Advance(sizeof(int));
        buffer.Write(content);
    }
}
