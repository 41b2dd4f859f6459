using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace SyncKit;

/// <summary>The rules for the text fields of an event, and how a value is shown in an error.</summary>
internal static class InputRules
{
    private const int Shown = 80;

    internal static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    internal static string Text(string? value, string field, int maxBytes)
    {
        var rule = $"must hold 1 to {maxBytes} bytes of UTF-8 without NUL or lone surrogates";
        NotNull(value, field, rule);
        if (value.Length == 0)
        {
            throw new InvalidInputException(field, rule, "it is empty");
        }

        if (value.Contains('\0', StringComparison.Ordinal))
        {
            throw new InvalidInputException(field, rule, $"it holds NUL at character {value.IndexOf('\0', StringComparison.Ordinal)}");
        }

        int bytes;
        try
        {
            bytes = StrictUtf8.GetByteCount(value);
        }
        catch (EncoderFallbackException error)
        {
            throw new InvalidInputException(field, rule, $"it holds a lone surrogate at character {error.Index}", error);
        }

        return bytes <= maxBytes
            ? value
            : throw new InvalidInputException(field, rule, $"it holds {bytes} bytes and starts '{Shorten(value)}'");
    }

    /// <summary>
    /// For a value that is only looked up: it may be of any length, since rows of other programs are, but no row can hold NUL.
    /// </summary>
    internal static string Lookup(string? value, string field) => Text(value, field, int.MaxValue);

    internal static void NotNull([NotNull] object? value, string field, string rule = "must not be null")
    {
        if (value is null)
        {
            throw new InvalidInputException(field, rule, "it is null");
        }
    }

    /// <summary>A value cut to what fits on a line of a message, and without what would break that line.</summary>
    internal static string Shorten(string value)
    {
        var cut = value.Length <= Shown ? value : value[..(char.IsHighSurrogate(value[Shown - 1]) ? Shown - 1 : Shown)] + "…";
        return string.Create(cut.Length, cut, static (span, text) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = char.IsControl(text[i]) ? '\uFFFD' : text[i];
            }
        });
    }
}
