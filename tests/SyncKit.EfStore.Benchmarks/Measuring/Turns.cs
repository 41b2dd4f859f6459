using SyncKit.EfStore.Benchmarks.Reporting;

namespace SyncKit.EfStore.Benchmarks.Measuring;

/// <summary>One of those who take turns: its name, and one round of it.</summary>
/// <param name="Name">As the tables call it.</param>
/// <param name="RunAsync">Runs one round and says what it measured.</param>
internal sealed record Contender<T>(string Name, Func<CancellationToken, Task<T>> RunAsync);

/// <summary>
/// Takes contenders in turn: one warm-up of each that does not count, then so many rounds. Each round begins with the next contender, so
/// that none always runs behind the same one, and whatever drifts on the machine meets all alike.
/// </summary>
internal sealed class Turns(string suite, int rounds, ProgressLines progress)
{
    /// <returns>By contender in the order given, then by round.</returns>
    internal async Task<T[][]> TakeAsync<T>(string what, IReadOnlyList<Contender<T>> contenders, CancellationToken cancellationToken)
    {
        var results = contenders.Select(_ => new T[rounds]).ToArray();
        for (var round = 0; round <= rounds; round++)
        {
            for (var turn = 0; turn < contenders.Count; turn++)
            {
                var which = (round + turn) % contenders.Count;
                var name = round == 0 ? "warm-up" : $"round {round} of {rounds}";
                progress.Say($"{suite}: {what}: {name}: {contenders[which].Name}");

                // What the one before left behind is not collected at this one's cost.
                GC.Collect();
                var result = await contenders[which].RunAsync(cancellationToken);
                if (round > 0)
                {
                    results[which][round - 1] = result;
                }
            }
        }

        return results;
    }
}
