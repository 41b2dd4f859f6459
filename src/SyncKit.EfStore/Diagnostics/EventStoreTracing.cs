using System.Diagnostics;
using Npgsql;

namespace SyncKit.EfStore.Diagnostics;

/// <summary>
/// The spans of one store. Names and attributes follow OpenTelemetry's semantic conventions for messaging and databases; no payloads. Without
/// a listener none is made. Safe for several threads.
/// </summary>
/// <remarks>https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/, …/db/database-spans/</remarks>
internal sealed class EventStoreTracing
{
    internal const string Append = "append events";
    internal const string Group = "append group";
    internal const string Load = "load events";

    /// <summary>Followed by the name of the subscription.</summary>
    internal const string Batch = "batch";

    /// <summary>Followed by the name of the subscription; by <c>events</c> where it has none.</summary>
    internal const string Handle = "handle";

    private const string Log = "events";

    private static readonly ActivitySource Source = new(
        EventStoreDiagnostics.ActivitySourceName, typeof(EventStoreTracing).Assembly.GetName().Version?.ToString(3));

    private readonly bool _stamps;
    private readonly KeyValuePair<string, object?>[] _append;
    private readonly KeyValuePair<string, object?>[] _load;

    /// <param name="connectionString">Where the log is; null where nobody knows. Host and database are taken from it, nothing else.</param>
    /// <param name="stamps">Whether an append leaves its trace in the events' metadata.</param>
    internal EventStoreTracing(string? connectionString, bool stamps)
    {
        _stamps = stamps;
        var database = Database(connectionString);
        _append = [.. Messaging("append", "send"), .. database];
        _load = [new("db.operation.name", "load"), new("db.collection.name", Log), .. database];
    }

    /// <summary>Whether anybody listens, or an activity of the caller's is to be kept with the events.</summary>
    internal bool Concerns(Activity? caller) => Source.HasListeners() || (_stamps && caller is not null);

    /// <summary>The caller's append. The one it starts becomes current.</summary>
    internal Activity? StartAppend(IReadOnlyList<string> streams, int events)
    {
        var span = Source.StartActivity(Append, ActivityKind.Producer, parentContext: default, _append);
        if (span is { IsAllDataRequested: true })
        {
            if (events > 1)
            {
                span.SetTag("messaging.batch.message_count", events);
            }

            if (streams.Count == 1)
            {
                span.SetTag(Tags.Stream, streams[0]);
            }
        }

        return span;
    }

    /// <summary>What the append leaves in metadata: its span, or the caller's where nobody listens; null for nothing.</summary>
    internal TraceMetadata? Stamp(Activity? span, Activity? caller) => _stamps ? TraceMetadata.Of(span, caller) : null;

    /// <summary>One transaction that several appends share. It belongs to none of them, so it is linked to each.</summary>
    internal static Activity? StartGroup(IEnumerable<ActivityContext> appends, int count)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var links = appends.Where(context => context != default).Select(context => new ActivityLink(context));
        var span = Source.StartActivity(Group, ActivityKind.Internal, parentContext: default, tags: null, links);
        span?.SetTag("messaging.batch.message_count", count);
        return span;
    }

    /// <summary>A read, from the first page to where the caller ends it: his own time between the events is part of it.</summary>
    internal Activity? StartLoad(string? stream)
    {
        var span = Source.StartActivity(Load, ActivityKind.Client, parentContext: default, _load);
        if (stream is not null && span is { IsAllDataRequested: true })
        {
            span.SetTag(Tags.Stream, stream);
        }

        return span;
    }

    /// <summary>A batch of a named subscription, from its first event to its checkpoint.</summary>
    internal static Activity? StartBatch(string subscription, int events)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var span = Source.StartActivity($"{Batch} {subscription}", ActivityKind.Internal, parentContext: default, Messaging("batch", "process"));
        span?.SetTag(Tags.ConsumerGroup, subscription).SetTag("messaging.batch.message_count", events);
        return span;
    }

    /// <summary>One call of a handler: linked to the append of its event, in whatever process that was.</summary>
    internal static async Task HandleAsync(string? subscription, StoredEvent stored, Func<Task> handle)
    {
        using var span = Source.HasListeners() ? StartHandle(subscription, stored) : null;
        try
        {
            await handle().ConfigureAwait(false);
        }
        catch (Exception error) when (Fails(span, error))
        {
            throw;
        }
    }

    /// <summary>Notes an error on a span. For the filter of a catch that never catches.</summary>
    /// <returns>False.</returns>
    internal static bool Fails(Activity? span, Exception error)
    {
        if (span is not null)
        {
            // No message: an exception of a handler may hold anything.
            span.SetStatus(ActivityStatusCode.Error).SetTag(Tags.ErrorType, Tags.ErrorTypeOf(error));
        }

        return false;
    }

    private static Activity? StartHandle(string? subscription, StoredEvent stored)
    {
        var trace = StoredTrace.Of(stored.Metadata);
        var span = Source.StartActivity(
            $"{Handle} {subscription ?? Log}",
            ActivityKind.Consumer,
            parentContext: default,
            Messaging("handle", "process"),
            trace.Context is { } context ? [new ActivityLink(context)] : null);
        if (span is not null)
        {
            new HandledEvent(stored.Id, trace.Correlation).KeepOn(span);
            if (span.IsAllDataRequested)
            {
                if (subscription is not null)
                {
                    span.SetTag(Tags.ConsumerGroup, subscription);
                }

                span.SetTag("messaging.message.id", stored.Id)
                    .SetTag(Tags.Stream, stored.AggregateId)
                    .SetTag("synckit.event.type", stored.EventType)
                    .SetTag("synckit.event.version", stored.Version.Value);
            }
        }

        return span;
    }

    private static KeyValuePair<string, object?>[] Messaging(string operation, string type) =>
    [
        new("messaging.system", "synckit"),
        new("messaging.operation.name", operation),
        new("messaging.operation.type", type),
        new("messaging.destination.name", Log),
    ];

    private static List<KeyValuePair<string, object?>> Database(string? connectionString)
    {
        var tags = new List<KeyValuePair<string, object?>> { new("db.system.name", "postgresql") };
        if (connectionString is not null)
        {
            var settings = new NpgsqlConnectionStringBuilder(connectionString);
            if (settings.Database is { Length: > 0 } database)
            {
                tags.Add(new("db.namespace", database));
            }

            // Of several hosts nobody knows which answers; a socket has no port.
            if (settings.Host is { Length: > 0 } host && !host.Contains(',', StringComparison.Ordinal))
            {
                tags.Add(new("server.address", host));
                if (!Path.IsPathRooted(host) && settings.Port != NpgsqlConnection.DefaultPort)
                {
                    tags.Add(new("server.port", settings.Port));
                }
            }
        }

        return tags;
    }
}
