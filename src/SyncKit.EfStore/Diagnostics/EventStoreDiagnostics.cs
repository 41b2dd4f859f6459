namespace SyncKit.EfStore;

/// <summary>
/// What to ask OpenTelemetry for: <c>metrics.AddMeter(EventStoreDiagnostics.MeterName)</c>,
/// <c>tracing.AddSource(EventStoreDiagnostics.ActivitySourceName)</c>. The README lists every metric and span. Figures of the connection
/// pools and spans of single statements come from Npgsql itself, under the name <c>Npgsql</c>.
/// </summary>
public static class EventStoreDiagnostics
{
    /// <summary>The meter of every metric.</summary>
    public const string MeterName = "SyncKit.EfStore";

    /// <summary>The source of every span.</summary>
    public const string ActivitySourceName = "SyncKit.EfStore";
}
