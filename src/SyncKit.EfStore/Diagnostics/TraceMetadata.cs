using System.Buffers;
using System.Diagnostics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SyncKit.EfStore.Diagnostics;

/// <summary>
/// What an append's trace adds to the metadata of its events: W3C <c>traceparent</c> and <c>tracestate</c>, <c>correlation_id</c>, <c>causation_id</c>.
/// Only to an object or to none; a key the caller gave stays his.
/// </summary>
/// <remarks>
/// The correlation is the activity's baggage item of that name, else that of the event whose handler appends, else the trace id. The cause is
/// the baggage item, else the id of the event handled, else the span id of the caller. https://www.w3.org/TR/trace-context/
/// </remarks>
internal sealed class TraceMetadata
{
    internal const string TraceParent = "traceparent";
    internal const string TraceState = "tracestate";
    internal const string CorrelationId = "correlation_id";
    internal const string CausationId = "causation_id";

    // W3C Trace Context, 3.3.1.1: so much is to be propagated at least. An id that says more than this is none.
    private const int MaxTraceState = 512;
    private const int MaxId = 256;

    private static readonly SearchValues<char> AsTheyAre =
        SearchValues.Create("-_.:/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    // Members, each with a comma behind it; the last may be empty.
    private readonly byte[] _trace;
    private readonly byte[] _correlation;
    private readonly byte[] _causation;
    private EventJson? _alone; // made when first asked for: most appends never do

    private TraceMetadata(byte[] trace, byte[] correlation, byte[] causation) =>
        (_trace, _correlation, _causation) = (trace, correlation, causation);

    /// <param name="span">The append's own; null where nobody listens.</param>
    /// <param name="caller">What was current before it.</param>
    /// <returns>Null where there is neither, or no W3C id.</returns>
    internal static TraceMetadata? Of(Activity? span, Activity? caller)
    {
        if ((span ?? caller) is not { IdFormat: ActivityIdFormat.W3C, Id: { } traceParent } activity)
        {
            return null;
        }

        var handled = HandledEvent.Of(caller);
        var trace = Member(TraceParent, traceParent);
        if (activity.TraceStateString is { Length: > 0 and <= MaxTraceState } state && IsPlain(state))
        {
            trace += Member(TraceState, state);
        }

        var correlation = Id(activity.GetBaggageItem(CorrelationId)) ?? Id(handled?.Correlation) ?? activity.TraceId.ToHexString();
        var cause = Id(activity.GetBaggageItem(CausationId)) ?? handled?.Id ?? caller?.SpanId.ToHexString();
        return new TraceMetadata(
            Encoding.UTF8.GetBytes(trace),
            Encoding.UTF8.GetBytes(Member(CorrelationId, correlation)),
            cause is null ? [] : Encoding.UTF8.GetBytes(Member(CausationId, cause)));
    }

    /// <summary>The event as it is stored.</summary>
    internal EventData AddTo(EventData given) =>
        AddTo(given.Metadata) is var metadata && ReferenceEquals(metadata, given.Metadata) ? given : given.WithMetadata(metadata);

    /// <summary>The metadata as it is stored; the same where nothing is to be added.</summary>
    internal EventJson? AddTo(EventJson? metadata)
    {
        if (metadata is null)
        {
            return Alone();
        }

        var given = metadata.Bytes.AsSpan().TrimStart(" \t\r\n"u8);
        if (given[0] != '{')
        {
            return metadata;
        }

        var members = given[1..].TrimStart(" \t\r\n"u8);
        if (members[0] == '}')
        {
            return Alone();
        }

        // A trace of his own is one with its state, or without.
        var trace = Missing(given, TraceParent, _trace);
        var correlation = Missing(given, CorrelationId, _correlation);
        var causation = Missing(given, CausationId, _causation);
        return trace.IsEmpty && correlation.IsEmpty && causation.IsEmpty
            ? metadata
            : EventJson.Trusted([(byte)'{', .. trace, .. correlation, .. causation, .. members]);
    }

    private EventJson Alone()
    {
        if (_alone is null)
        {
            // The last comma makes room for the brace.
            byte[] alone = [(byte)'{', .. _trace, .. _correlation, .. _causation];
            alone[^1] = (byte)'}';
            _alone = EventJson.Trusted(alone);
        }

        return _alone;
    }

    // A member begins with its key in quotes: where those bytes are, it takes a parser to tell whose they are. A key spelled with escapes is
    // not found, and the caller's all the same: of two equal keys JSONB keeps the last.
    private static ReadOnlySpan<byte> Missing(ReadOnlySpan<byte> given, string key, byte[] member) =>
        member.Length > 0 && given.IndexOf(member.AsSpan(0, key.Length + 2)) >= 0 && StoredTrace.Member(given, key) is not null ? [] : member;

    // Nearly always hexadecimal digits, for every append of a traced application.
    private static string Member(string key, string value) => value.AsSpan().ContainsAnyExcept(AsTheyAre)
        ? $"\"{key}\":\"{JsonEncodedText.Encode(value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\","
        : $"\"{key}\":\"{value}\",";

    // It may have come in a header: what the log cannot hold must not make an append fail.
    private static string? Id(string? given) => given is { Length: > 0 and <= MaxId } && IsPlain(given) ? given : null;

    private static bool IsPlain(string text) => !text.AsSpan().ContainsAnyExceptInRange(' ', '~');
}
