using SyncKit.EfStore.Sqlite.Reading;

namespace SyncKit.EfStore.Tests.Sqlite;

/// <summary>However a read goes, each event has the place it has among all of its stream.</summary>
[TestClass]
public sealed class StreamPlacesTests
{
    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(5)]
    [DataRow(StreamPlaces.DefaultCapacity)]
    public void Every_read_of_a_random_log_tells_the_places_counted_by_hand(int capacity)
    {
        var random = new Random(20_261_123);
        for (var round = 0; round < 200; round++)
        {
            var log = Log(random, streams: random.Next(1, 8), events: random.Next(60));
            foreach (var query in Queries(random))
            {
                var places = new StreamPlaces(query, capacity);
                var read = log.Where(e => e.Version > query.After.Value && (query.EventTypes.Count == 0 || e.Type == query.EventTypes[0]));
                foreach (var e in query.Direction == ReadDirection.Forwards ? read : read.Reverse())
                {
                    var told = places.Of(e.Stream, e.Version, (stream, after, upTo) => log.Count(o => o.Stream == stream && o.Version > after && o.Version <= upTo));

                    Assert.AreEqual(e.Place, told, $"{e} in {query} with room for {capacity}");
                }
            }
        }
    }

    [TestMethod]
    public void Reading_everything_counts_nothing_and_reading_one_stream_counts_once()
    {
        var log = Log(new Random(1), streams: 5, events: 200);
        var (all, behind, counted) = (new StreamPlaces(new EventQuery()), new StreamPlaces(new EventQuery { After = new EventVersion(3), AggregateId = "s1" }), 0);

        foreach (var e in log)
        {
            all.Of(e.Stream, e.Version, (_, _, _) => throw new InvalidOperationException("counted"));
        }

        foreach (var e in log.Where(e => e is { Stream: "s1", Version: > 3 }))
        {
            behind.Of(e.Stream, e.Version, (_, _, _) => ++counted);
        }

        Assert.AreEqual(1, counted);
    }

    private static IEnumerable<EventQuery> Queries(Random random) =>
        from direction in Enum.GetValues<ReadDirection>()
        from after in (long[])[0, random.Next(60)]
        from types in (string[][])[[], ["t1"]]
        select new EventQuery { Direction = direction, After = new EventVersion(after), EventTypes = types };

    private static List<(string Stream, string Type, long Version, long Place)> Log(Random random, int streams, int events)
    {
        var heads = new Dictionary<string, long>();
        var log = new List<(string, string, long, long)>();
        var version = 0L;
        for (var i = 0; i < events; i++)
        {
            var stream = $"s{random.Next(streams)}";
            version += random.Next(1, 3);
            log.Add((stream, $"t{random.Next(3)}", version, heads[stream] = heads.GetValueOrDefault(stream) + 1));
        }

        return log;
    }
}
