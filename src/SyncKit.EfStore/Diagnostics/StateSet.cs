using System.Diagnostics.Metrics;

namespace SyncKit.EfStore.Diagnostics;

/// <summary>A state as a gauge: one series for each that there is, 1 for the current one.</summary>
internal static class StateSet
{
    internal static IEnumerable<Measurement<int>> Of<TState>(TState now, params KeyValuePair<string, object?>[] tags)
        where TState : struct, Enum =>
        Enum.GetValues<TState>().Select(state => new Measurement<int>(
            state.Equals(now) ? 1 : 0, [.. tags, new KeyValuePair<string, object?>(Tags.State, state.ToString())]));
}
