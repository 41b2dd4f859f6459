using System.Text.Json;
using BenchmarkDotNet.Attributes;

namespace SyncKit.EfStore.Benchmarks.Cpu;

/// <summary>From an application's object to an event that is checked and ready to be sent, and back.</summary>
public class SerialisationBenchmarks
{
    private static readonly Order Sample = new(
        "34-1189", "Chur", [new Line("118830-12", 2, 19.95m), new Line("774301-40", 1, 249.00m)], "EUR", 288.90m);

    private readonly byte[] _utf8 = JsonSerializer.SerializeToUtf8Bytes(Sample);
    private readonly EventJson _json = EventJson.FromObject(Sample);

    /// <summary>System.Text.Json alone, to compare with.</summary>
    [Benchmark(Baseline = true)]
    public byte[] Serialise_only() => JsonSerializer.SerializeToUtf8Bytes(Sample);

    [Benchmark]
    public EventData Event_from_object() => EventData.FromObject("order-17", "OrderPlaced", Sample);

    [Benchmark]
    public EventJson Check_utf8() => EventJson.FromUtf8(_utf8);

    [Benchmark]
    public object Document_to_object() => _json.Deserialize<Order>()!;

    [Benchmark]
    public EventData Event_of_checked_json() => new("order-17", "OrderPlaced", _json);

    private sealed record Order(string Customer, string Town, Line[] Lines, string Currency, decimal Total);

    private sealed record Line(string Sku, int Quantity, decimal Price);
}
