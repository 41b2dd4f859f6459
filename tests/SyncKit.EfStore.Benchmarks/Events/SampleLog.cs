using System.Runtime.InteropServices;

namespace SyncKit.EfStore.Benchmarks.Events;

/// <summary>
/// A log as it grows in life: 200 streams are alive at a time, each gets an event in turn, and after 50 events the next 200 begin.
/// Every contender's log has these very streams; ids are new UUIDs of version 7 each time, in the order of the rows.
/// </summary>
internal static class SampleLog
{
    /// <summary>How many events a stream ends with.</summary>
    internal const int StreamLength = 50;

    /// <summary>A log of so many events, or of a multiple, has only whole streams.</summary>
    internal const int Generation = Alive * StreamLength;

    private const int Alive = 200;

    private static readonly string[] Types =
        ["OrderPlaced", "OrderPaid", "LinePicked", "LinePacked", "ParcelSent", "ParcelArrived", "InvoiceSent", "OrderClosed"];

    /// <summary>How many streams a log of so many events has.</summary>
    internal static int StreamCount(long events) => (int)(events / StreamLength);

    /// <summary>The name of a stream, by its number from 0: 42 characters, no order in them, as with UUIDs of version 4.</summary>
    internal static string Stream(int number)
    {
        var bytes = new byte[16];
        new Random(number).NextBytes(bytes);
        return $"order-{new Guid(bytes)}";
    }

    /// <summary>The rows of the log from one place, from 0, on.</summary>
    internal static IEnumerable<Row> Rows(long first, long count)
    {
        var streams = Array.Empty<string>();
        for (var place = first; place < first + count; place++)
        {
            var generation = (int)(place / Generation);
            var (round, which) = Math.DivRem((int)(place % Generation), Alive);
            if (streams.Length == 0 || (round == 0 && which == 0))
            {
                streams = [.. Enumerable.Range(generation * Alive, Alive).Select(Stream)];
            }

            yield return Row(place, streams[which], round + 1);
        }
    }

    /// <summary>Rows that go on from a log of so many events, each to a stream of it chosen at random.</summary>
    internal static Row[] RandomRows(long log, int count)
    {
        var random = new Random(7);
        var streams = Enumerable.Range(0, StreamCount(log)).Select(Stream).ToArray();
        var heads = new long[streams.Length];
        Array.Fill(heads, StreamLength);
        var rows = new Row[count];
        for (var i = 0; i < count; i++)
        {
            var which = random.Next(streams.Length);
            rows[i] = Row(log + i, streams[which], ++heads[which]);
        }

        return rows;
    }

    /// <summary>Batches that all go to one stream, which begins with them.</summary>
    internal static Batch[] Batches(long log, int count, int size)
    {
        var stream = Stream(StreamCount(log));
        return [.. Enumerable.Range(0, count).Select(batch => new Batch(
            [.. Enumerable.Range(batch * size, size).Select(place => Row(log + place, stream, place + 1))]))];
    }

    private static Row Row(long place, string stream, long streamVersion)
    {
        var (data, metadata) = Documents.Get(place);
        var eventData = new EventData(stream, Types[place % Types.Length], data) { Metadata = metadata };
        return new Row(eventData, Bytes(data), Bytes(metadata), streamVersion);
    }

    /// <summary>The document's own array: another copy for each row would only fill the memory.</summary>
    private static byte[] Bytes(EventJson json) =>
        MemoryMarshal.TryGetArray(json.Utf8, out var segment) && segment.Count == segment.Array!.Length
            ? segment.Array
            : json.Utf8.ToArray();
}
