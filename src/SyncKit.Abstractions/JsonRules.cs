using System.Buffers.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace SyncKit;

/// <summary>What JSONB takes, checked in one pass before anything is sent.</summary>
internal static class JsonRules
{
    // PostgreSQL, "Numeric Types": up to 131072 digits before the decimal point, up to 16383 after it.
    private const int MaxIntegerDigits = 131_072;
    private const int MaxScale = 16_383;

    // Shorter than this and without an exponent, a number cannot pass either limit.
    private const int SurelyFits = 1_000;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = EventLimits.MaxJsonDepth };

    internal static void Check(ReadOnlySpan<byte> utf8, string field)
    {
        if (!Utf8.IsValid(utf8))
        {
            throw new InvalidInputException(field, "must be valid UTF-8", "it is not");
        }

        try
        {
            var reader = new Utf8JsonReader(utf8, Options);
            while (reader.Read())
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.Number:
                        CheckNumber(reader.ValueSpan, field, reader.TokenStartIndex);
                        break;
                    case JsonTokenType.String or JsonTokenType.PropertyName when reader.ValueIsEscaped:
                        CheckEscapes(reader.ValueSpan, field, reader.TokenStartIndex);
                        break;
                }
            }
        }
        catch (JsonException error)
        {
            throw new InvalidInputException(
                field,
                $"must be valid JSON, at most {EventLimits.MaxJsonDepth} levels deep",
                $"at line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1} it is not: {FirstSentence(error.Message)}",
                error);
        }
    }

    /// <summary>Refuses what JSON can write but text in PostgreSQL cannot hold: U+0000 and halves of a surrogate pair.</summary>
    private static void CheckEscapes(ReadOnlySpan<byte> text, string field, long start)
    {
        var afterHigh = false;
        var i = 0;
        while (i < text.Length)
        {
            if (text[i] != '\\' || text[i + 1] != 'u')
            {
                RefuseLone(afterHigh, field, start);
                i += text[i] == '\\' ? 2 : 1;
                continue;
            }

            _ = Utf8Parser.TryParse(text.Slice(i + 2, 4), out ushort unit, out _, 'x');
            if (unit == 0)
            {
                throw new InvalidInputException(field, @"must not hold NUL (\u0000)", $"the text at byte {start + 1} holds it");
            }

            var isLow = char.IsLowSurrogate((char)unit);
            RefuseLone(afterHigh != isLow, field, start);
            afterHigh = char.IsHighSurrogate((char)unit);
            i += 6;
        }

        RefuseLone(afterHigh, field, start);
    }

    private static void RefuseLone(bool lone, string field, long start)
    {
        if (lone)
        {
            throw new InvalidInputException(field, "must not hold a lone surrogate", $"the text at byte {start + 1} holds one");
        }
    }

    private static void CheckNumber(ReadOnlySpan<byte> number, string field, long start)
    {
        var exponentAt = number.IndexOfAny((byte)'e', (byte)'E');
        if (exponentAt < 0 && number.Length < SurelyFits)
        {
            return;
        }

        var mantissa = exponentAt < 0 ? number : number[..exponentAt];
        mantissa = mantissa[0] == '-' ? mantissa[1..] : mantissa;
        var point = mantissa.IndexOf((byte)'.');
        var integerDigits = point < 0 ? mantissa.Length : point;
        var fractionDigits = point < 0 ? 0 : mantissa.Length - point - 1;

        // The first digit that counts decides how many stand before the point once the exponent has moved it.
        var first = mantissa.IndexOfAnyInRange((byte)'1', (byte)'9');
        var leading = first < 0 ? 0 : point >= 0 && first > point ? point - first + 1 : integerDigits - first;

        if (!TryExponent(exponentAt < 0 ? [] : number[(exponentAt + 1)..], out var exponent)
            || (first >= 0 && leading + exponent > MaxIntegerDigits)
            || fractionDigits - exponent > MaxScale)
        {
            throw new InvalidInputException(
                field,
                $"must hold only numbers of at most {MaxIntegerDigits} digits before the decimal point and {MaxScale} after it",
                $"the number at byte {start + 1} has more");
        }
    }

    private static bool TryExponent(ReadOnlySpan<byte> text, out long exponent)
    {
        exponent = 0;
        if (text.IsEmpty)
        {
            return true;
        }

        text = text[0] == '+' ? text[1..] : text;
        // PostgreSQL refuses an exponent from half of int's range on, even that of a zero; from 16 on it takes that one number for a zero.
        return Utf8Parser.TryParse(text, out exponent, out var used)
            && used == text.Length
            && exponent is > -(int.MaxValue / 2) and < int.MaxValue / 2;
    }

    private static string FirstSentence(string message)
    {
        var end = message.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? message.TrimEnd('.') : message[..end];
    }
}
