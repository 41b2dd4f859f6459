using BenchmarkDotNet.Attributes;
using SyncKit.EfStore.Notifications;

namespace SyncKit.EfStore.Benchmarks.Cpu;

/// <summary>What a notification costs before anyone is told.</summary>
public class PayloadBenchmarks
{
    private const string Whole =
        """{"version" : 4711, "id" : "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "aggregate_id" : "order-0f8fad5b-d9cb-469f-a165-70867728950e", "event_type" : "OrderPlaced", "created_at" : "2026-11-23T03:19:06.123456+00:00", "stream_name" : "stream_order-0f8fad5b-d9cb-469f-a165-70867728950e", "stream_version" : 17}""";

    private const string Range = """{"first_version" : 4711, "last_version" : 24711, "count" : 20001}""";

    [Benchmark]
    public object Parse_an_event() => NotificationPayload.Parse(Whole)!;

    [Benchmark]
    public object Parse_a_range() => NotificationPayload.Parse(Range)!;

    [Benchmark]
    public object? Refuse_what_is_none_of_ours() => NotificationPayload.Parse("not json");
}
