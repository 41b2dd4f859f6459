using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SyncKit;

/// <summary>
/// A JSON document, kept as UTF-8 and parsed only when asked. Immutable, so safe for any number of threads.
/// </summary>
/// <remarks>
/// A document made here is one that PostgreSQL's JSONB takes: valid JSON (RFC 8259), at most
/// <see cref="EventLimits.MaxJsonDepth"/> levels deep, no <c>\u0000</c>, no lone surrogate, numbers within the range of
/// NUMERIC (131,072 digits before the point, 16,383 after). JSONB is canonical: a document read back has its last
/// duplicate key, its numbers by value and its keys in another order. The JSON value <c>null</c> is a document;
/// an absent document is a null reference.
/// </remarks>
public sealed class EventJson : IEquatable<EventJson>
{
    private const string DefaultField = "JSON";
    private readonly byte[] _utf8;

    private EventJson(byte[] utf8) => _utf8 = utf8;

    /// <summary>The document as UTF-8. Not to be written to.</summary>
    public ReadOnlyMemory<byte> Utf8 => _utf8;

    /// <summary>Checks and keeps a document given as text.</summary>
    /// <param name="text">The document.</param>
    /// <param name="field">What to call it in an error, such as <c>data</c>.</param>
    /// <exception cref="InvalidInputException">It is null or not a document that can be stored.</exception>
    public static EventJson Parse([StringSyntax(StringSyntaxAttribute.Json)] string text, string field = DefaultField)
    {
        InputRules.NotNull(text, field);
        try
        {
            return Checked(InputRules.StrictUtf8.GetBytes(text), field);
        }
        catch (EncoderFallbackException error)
        {
            throw new InvalidInputException(field, "must not hold a lone surrogate", $"it holds one at character {error.Index}", error);
        }
    }

    /// <summary>Checks a document given as UTF-8 without a byte order mark, and keeps a copy of it.</summary>
    /// <param name="utf8">The document.</param>
    /// <param name="field">What to call it in an error, such as <c>data</c>.</param>
    /// <exception cref="InvalidInputException">It is not a document that can be stored.</exception>
    public static EventJson FromUtf8(ReadOnlySpan<byte> utf8, string field = DefaultField) => Checked(utf8.ToArray(), field);

    /// <summary>Serializes a value. A null value is the document <c>null</c>.</summary>
    /// <param name="value">The value.</param>
    /// <param name="options">System.Text.Json options; its defaults if null.</param>
    /// <exception cref="InvalidInputException">The result is not a document that can be stored.</exception>
    [RequiresUnreferencedCode("Serializes by reflection; give a JsonTypeInfo instead where the application is trimmed.")]
    [RequiresDynamicCode("Serializes by reflection; give a JsonTypeInfo instead where the application is compiled ahead of time.")]
    public static EventJson FromObject<T>(T value, JsonSerializerOptions? options = null) =>
        Checked(JsonSerializer.SerializeToUtf8Bytes(value, options), DefaultField);

    /// <summary>Serializes a value with source-generated metadata. A null value is the document <c>null</c>.</summary>
    /// <param name="value">The value.</param>
    /// <param name="typeInfo">From a <see cref="System.Text.Json.Serialization.JsonSerializerContext"/>.</param>
    /// <exception cref="InvalidInputException">The result is not a document that can be stored.</exception>
    public static EventJson FromObject<T>(T value, JsonTypeInfo<T> typeInfo) =>
        Checked(JsonSerializer.SerializeToUtf8Bytes(value, typeInfo), DefaultField);

    /// <summary>Deserializes the document.</summary>
    /// <param name="options">System.Text.Json options; its defaults if null.</param>
    /// <exception cref="JsonException">The document does not fit <typeparamref name="T"/>.</exception>
    [RequiresUnreferencedCode("Deserializes by reflection; give a JsonTypeInfo instead where the application is trimmed.")]
    [RequiresDynamicCode("Deserializes by reflection; give a JsonTypeInfo instead where the application is compiled ahead of time.")]
    public T? Deserialize<T>(JsonSerializerOptions? options = null) => JsonSerializer.Deserialize<T>(_utf8, options);

    /// <summary>Deserializes the document with source-generated metadata.</summary>
    /// <param name="typeInfo">From a <see cref="System.Text.Json.Serialization.JsonSerializerContext"/>.</param>
    /// <exception cref="JsonException">The document does not fit <typeparamref name="T"/>.</exception>
    public T? Deserialize<T>(JsonTypeInfo<T> typeInfo) => JsonSerializer.Deserialize(_utf8, typeInfo);

    /// <summary>Parses the document into elements. Dispose what comes back.</summary>
    public JsonDocument ToDocument() =>
        JsonDocument.Parse(_utf8, new JsonDocumentOptions { MaxDepth = EventLimits.MaxJsonDepth });

    /// <summary>Whether both are the same document to the byte; <c>1e2</c> and <c>100</c> are not.</summary>
    public bool Equals(EventJson? other) => other is not null && _utf8.AsSpan().SequenceEqual(other._utf8);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as EventJson);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(_utf8);
        return hash.ToHashCode();
    }

    /// <summary>The document as text.</summary>
    public override string ToString() => Encoding.UTF8.GetString(_utf8);

    /// <summary>The document as a driver takes it. Not to be written to.</summary>
    internal byte[] Bytes => _utf8;

    /// <summary>Keeps what a database gave, which was checked when it was stored.</summary>
    internal static EventJson Trusted(byte[] utf8) => new(utf8);

    private static EventJson Checked(byte[] utf8, string field)
    {
        JsonRules.Check(utf8, field);
        return new EventJson(utf8);
    }
}
