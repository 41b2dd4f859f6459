using System.Buffers;

namespace SyncKit.EfStore.Importing;

/// <summary>
/// JSON as PostgreSQL writes it has DEL and the C1 control characters as they are, in strings; terminals take them for commands. Escaped, it
/// is equal as JSON, and stored as the same JSONB.
/// </summary>
internal static class TerminalSafeJson
{
    private const byte Delete = 0x7F;
    private const byte Lead = 0xC2; // Of U+0080 to U+00BF in UTF-8; the first half of them are controls.
    private const byte LastControl = 0x9F;

    private static readonly SearchValues<byte> Suspects = SearchValues.Create([Delete, Lead]);

    /// <param name="json">Valid, in UTF-8.</param>
    /// <returns>The very same where nothing had to be escaped.</returns>
    internal static ReadOnlySpan<byte> Of(ReadOnlySpan<byte> json)
    {
        if (!json.ContainsAny(Suspects))
        {
            return json;
        }

        var safe = new ArrayBufferWriter<byte>(json.Length + 64);
        while (json.IndexOfAny(Suspects) is var at and >= 0)
        {
            safe.Write(json[..at]);
            var length = json[at] == Delete ? 1 : 2;
            if (json[at + length - 1] is var control and >= Delete and <= LastControl)
            {
                safe.Write("\\u00"u8);
                safe.Write([Digit(control >> 4), Digit(control & 0xF)]);
            }
            else
            {
                safe.Write(json.Slice(at, length));
            }

            json = json[(at + length)..];
        }

        safe.Write(json);
        return safe.WrittenSpan;
    }

    private static byte Digit(int value) => "0123456789ABCDEF"u8[value];
}
