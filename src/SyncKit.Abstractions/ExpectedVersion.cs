using System.Globalization;

namespace SyncKit;

/// <summary>What a writer claims about a stream when it appends. The default value is <see cref="Any"/>.</summary>
public readonly record struct ExpectedVersion
{
    // Exactly n is stored as n + 1, so that the default value is Any.
    private const long AnyCode = 0;
    private const long StreamExistsCode = -1;
    private const long ExactOffset = 1;

    private readonly long _code;

    private ExpectedVersion(long code) => _code = code;

    /// <summary>Nothing is claimed; the append goes to the end of the stream, whatever it holds. It never fails because of a race.</summary>
    public static ExpectedVersion Any { get; } = new(AnyCode);

    /// <summary>The stream has no events yet. The same as exactly 0.</summary>
    public static ExpectedVersion NoStream { get; } = Exactly(0);

    /// <summary>The stream has at least one event.</summary>
    public static ExpectedVersion StreamExists { get; } = new(StreamExistsCode);

    /// <summary>The stream is exactly at this stream version, no shorter and no longer.</summary>
    /// <param name="streamVersion">0 or more; 0 is <see cref="NoStream"/>.</param>
    /// <exception cref="InvalidInputException"><paramref name="streamVersion"/> is negative.</exception>
    public static ExpectedVersion Exactly(long streamVersion) =>
        streamVersion >= 0 && streamVersion < long.MaxValue
            ? new(streamVersion + ExactOffset)
            : throw new InvalidInputException(
                "expected version", "must be from 0 to 9223372036854775806", $"it is '{streamVersion}'");

    /// <summary>The stream version claimed by <see cref="Exactly"/> or <see cref="NoStream"/>; null for the others.</summary>
    public long? StreamVersion => _code >= ExactOffset ? _code - ExactOffset : null;

    /// <summary>Whether a stream that is at <paramref name="streamVersion"/> (0: it does not exist) is as claimed.</summary>
    public bool Holds(long streamVersion) => _code switch
    {
        AnyCode => true,
        StreamExistsCode => streamVersion > 0,
        _ => StreamVersion == streamVersion,
    };

    /// <summary>As a message says it: <c>any</c>, <c>no stream</c>, <c>the stream to exist</c> or <c>stream version n</c>.</summary>
    public override string ToString() => _code switch
    {
        AnyCode => "any",
        StreamExistsCode => "the stream to exist",
        ExactOffset => "no stream",
        _ => string.Create(CultureInfo.InvariantCulture, $"stream version {StreamVersion}"),
    };
}
