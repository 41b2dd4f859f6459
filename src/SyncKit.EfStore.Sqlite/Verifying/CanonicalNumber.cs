using System.Buffers;
using System.Buffers.Text;

namespace SyncKit.EfStore.Sqlite.Verifying;

/// <summary>
/// A number by its value with all its digits: <c>1e2</c>, <c>100</c> and <c>100.0</c> are one, as JSONB compares them, and there is one zero.
/// </summary>
internal static class CanonicalNumber
{
    private const byte Number = (byte)'#';
    private const byte Foreign = (byte)'!';
    private const byte End = (byte)';';

    /// <param name="buffer">Gets sign, digits without zeros at either end, and the power of ten of the last digit.</param>
    /// <param name="number">As JSON spells it.</param>
    internal static void Write(ArrayBufferWriter<byte> buffer, ReadOnlySpan<byte> number)
    {
        var exponentAt = number.IndexOfAny((byte)'e', (byte)'E');
        var mantissa = exponentAt < 0 ? number : number[..exponentAt];
        if (!TryExponent(exponentAt < 0 ? [] : number[(exponentAt + 1)..], out var exponent))
        {
            // Beyond what any server holds: a row of another program, compared by its spelling.
            Put(buffer, Foreign);
            buffer.Write(number);
            Put(buffer, End);
            return;
        }

        var isNegative = mantissa[0] == '-';
        mantissa = isNegative ? mantissa[1..] : mantissa;
        var first = mantissa.IndexOfAnyInRange((byte)'1', (byte)'9');
        Put(buffer, Number);
        if (first < 0)
        {
            Put(buffer, End);
            return;
        }

        var last = mantissa.LastIndexOfAnyInRange((byte)'1', (byte)'9');
        var point = mantissa.IndexOf((byte)'.');
        var power = exponent + (point < 0 ? mantissa.Length - 1 - last : last > point ? point - last : point - 1 - last);
        if (isNegative)
        {
            Put(buffer, (byte)'-');
        }

        var digits = mantissa[first..(last + 1)];
        var pointWithin = digits.IndexOf((byte)'.');
        buffer.Write(pointWithin < 0 ? digits : digits[..pointWithin]);
        if (pointWithin >= 0)
        {
            buffer.Write(digits[(pointWithin + 1)..]);
        }

        Put(buffer, (byte)'e');
        Utf8Formatter.TryFormat(power, buffer.GetSpan(20), out var written);
        buffer.Advance(written);
        Put(buffer, End);
    }

    private static bool TryExponent(ReadOnlySpan<byte> text, out long exponent)
    {
        exponent = 0;
        if (text.IsEmpty)
        {
            return true;
        }

        text = text[0] == '+' ? text[1..] : text;

        // With room for the digits of any document, so that sums below cannot overflow.
        return Utf8Parser.TryParse(text, out exponent, out var used) && used == text.Length && Math.Abs(exponent / 2) < long.MaxValue / 4;
    }

    private static void Put(ArrayBufferWriter<byte> buffer, byte value)
    {
        buffer.GetSpan(1)[0] = value;
        buffer.Advance(1);
    }
}
