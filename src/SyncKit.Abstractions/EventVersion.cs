using System.Globalization;

namespace SyncKit;

/// <summary>
/// A place in the whole log: the <c>version</c> column. Versions grow, and have gaps where an append was rolled back.
/// The default value is <see cref="Zero"/>, before the first event.
/// </summary>
public readonly record struct EventVersion : IComparable<EventVersion>, IComparable
{
    /// <summary>Before the first event: loading since zero loads everything.</summary>
    public static readonly EventVersion Zero;

    /// <summary>Creates a version.</summary>
    /// <param name="value">0 or more.</param>
    /// <exception cref="InvalidInputException"><paramref name="value"/> is negative.</exception>
    public EventVersion(long value)
    {
        if (value < 0)
        {
            throw new InvalidInputException("version", Rule, $"it is '{value}'");
        }

        Value = value;
    }

    private const string Rule = "must be a whole number from 0 to 9223372036854775807";

    /// <summary>The number, 0 or more.</summary>
    public long Value { get; }

    /// <summary>Reads a version: decimal digits only. Empty text is <see cref="Zero"/>, as in go-sync-kit.</summary>
    /// <exception cref="InvalidInputException"><paramref name="text"/> is null or anything else.</exception>
    public static EventVersion Parse(string text) =>
        TryParse(text, out var version)
            ? version
            : throw new InvalidInputException("version", Rule, $"it is {(text is null ? "null" : $"'{InputRules.Shorten(text)}'")}");

    /// <summary>Reads a version as <see cref="Parse"/> does, without throwing.</summary>
    public static bool TryParse(string? text, out EventVersion version)
    {
        if (text is { Length: 0 })
        {
            version = Zero;
            return true;
        }

        var parsed = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value);
        version = parsed ? new EventVersion(value) : Zero;
        return parsed;
    }

    /// <inheritdoc/>
    public int CompareTo(EventVersion other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public int CompareTo(object? obj) => obj is null ? 1 : CompareTo((EventVersion)obj);

    /// <summary>The number in decimal digits, which <see cref="Parse"/> reads back.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Whether <paramref name="left"/> is before <paramref name="right"/>.</summary>
    public static bool operator <(EventVersion left, EventVersion right) => left.Value < right.Value;

    /// <summary>Whether <paramref name="left"/> is after <paramref name="right"/>.</summary>
    public static bool operator >(EventVersion left, EventVersion right) => left.Value > right.Value;

    /// <summary>Whether <paramref name="left"/> is not after <paramref name="right"/>.</summary>
    public static bool operator <=(EventVersion left, EventVersion right) => left.Value <= right.Value;

    /// <summary>Whether <paramref name="left"/> is not before <paramref name="right"/>.</summary>
    public static bool operator >=(EventVersion left, EventVersion right) => left.Value >= right.Value;
}
