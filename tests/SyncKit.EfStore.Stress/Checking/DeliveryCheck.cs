namespace SyncKit.EfStore.Stress.Checking;

/// <summary>Compares what a reader was given with what the log holds. Pure.</summary>
internal static class DeliveryCheck
{
    internal static Verdict Check(IReadOnlyList<CommittedEvent> committed, IReadOnlyList<long> delivered, DeliveryOrder order)
    {
        var truth = committed.ToDictionary(e => e.Version);
        var seen = new HashSet<long>();
        var highest = new Dictionary<string, long>(StringComparer.Ordinal);
        var (doubled, inverted, invented) = (0, 0, 0);
        foreach (var version in delivered)
        {
            if (!truth.TryGetValue(version, out var stored))
            {
                invented++;
                continue;
            }

            if (!seen.Add(version))
            {
                doubled++;
                continue;
            }

            var (line, place) = order == DeliveryOrder.ByVersion ? ("", version) : (stored.AggregateId, stored.StreamVersion);
            var before = highest.GetValueOrDefault(line);
            if (place < before)
            {
                inverted++;
            }

            highest[line] = Math.Max(before, place);
        }

        return new Verdict(delivered.Count, truth.Count - seen.Count, doubled, inverted, invented);
    }
}
