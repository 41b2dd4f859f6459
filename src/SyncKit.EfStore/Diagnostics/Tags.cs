namespace SyncKit.EfStore.Diagnostics;

/// <summary>Names of attributes that several signals carry.</summary>
internal static class Tags
{
    /// <summary>Of metrics: one of those the application added, so their number is bounded.</summary>
    internal const string Subscription = "subscription";

    internal const string State = "state";

    internal const string Reason = "reason";

    /// <summary>https://opentelemetry.io/docs/specs/semconv/attributes-registry/error/</summary>
    internal const string ErrorType = "error.type";

    /// <summary>Of spans only: the number of streams is not bounded.</summary>
    internal const string Stream = "synckit.stream";

    internal const string ConsumerGroup = "messaging.consumer.group.name";

    internal static string ErrorTypeOf(Exception error) => error.GetType().FullName!;
}
