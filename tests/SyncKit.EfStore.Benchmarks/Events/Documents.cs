using System.Globalization;
using System.Text;

namespace SyncKit.EfStore.Benchmarks.Events;

/// <summary>
/// JSON as a shop would write it: data of about 250 bytes, metadata of about 110. So many different documents, made once with a fixed seed;
/// events share them, which the server cannot see.
/// </summary>
internal static class Documents
{
    private const int Count = 4_096;
    private static readonly string[] Towns = ["Aachen", "Basel", "Chur", "Dresden", "Essen", "Fulda", "Graz", "Husum"];
    private static readonly (EventJson Data, EventJson Metadata)[] All = Make();

    internal static (EventJson Data, EventJson Metadata) Get(long number) => All[(int)(number % Count)];

    private static (EventJson, EventJson)[] Make()
    {
        var random = new Random(20_261_123);
        return [.. Enumerable.Range(0, Count).Select(_ => (Parse(Data(random)), Parse(Metadata(random))))];
    }

    private static string Data(Random random)
    {
        var lines = string.Join(", ", Enumerable.Range(0, random.Next(1, 4)).Select(_ => string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"sku": "{{random.Next(100_000, 999_999)}}-{{random.Next(10, 99)}}", "quantity": {{random.Next(1, 9)}}, "price": {{random.Next(100, 99_999) / 100.0:0.00}}}""")));
        return string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"customer": {"number": {{random.Next(10_000, 99_999)}}, "town": "{{Towns[random.Next(Towns.Length)]}}"}, "lines": [{{lines}}], "currency": "EUR", "express": {{(random.Next(2) == 0 ? "true" : "false")}}, "total": {{random.Next(100, 999_999) / 100.0:0.00}}}""");
    }

    private static string Metadata(Random random)
    {
        var bytes = new byte[16];
        random.NextBytes(bytes);
        return string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"correlation_id": "{{new Guid(bytes)}}", "user": "user-{{random.Next(1_000, 9_999)}}", "source": "web"}""");
    }

    private static EventJson Parse(string text) => EventJson.FromUtf8(Encoding.UTF8.GetBytes(text));
}
