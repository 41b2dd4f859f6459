using System.Collections.Concurrent;
using SyncKit.EfStore.Tests.Notifications;

namespace SyncKit.EfStore.Tests.Subscriptions.Named;

/// <summary>What the handlers of a test were given, and how they are made to fail. One for a test, in the container of each of its hosts.</summary>
internal sealed class Inbox
{
    internal Collector<StoredEvent> Handled { get; } = new();

    /// <summary>Called before an event counts as handled; throws to fail it.</summary>
    internal Func<StoredEvent, CancellationToken, Task> Before { get; set; } = (_, _) => Task.CompletedTask;

    internal ConcurrentDictionary<long, int> Attempts { get; } = new();

    internal long[] Versions => [.. Handled.Items.Select(stored => stored.Version.Value)];

    internal async Task TakeAsync(StoredEvent stored, CancellationToken cancellationToken)
    {
        Attempts.AddOrUpdate(stored.Version.Value, 1, (_, count) => count + 1);
        await Before(stored, cancellationToken);
        lock (Handled)
        {
            Handled.OnNext(stored);
        }
    }

    /// <summary>Fails the events of these versions, as long as it says so.</summary>
    internal void Fail(Func<bool> failing, params long[] versions) => Before = (stored, _) =>
        versions.Contains(stored.Version.Value) && failing() ? throw new FormatException($"Bad event {stored.Version}.") : Task.CompletedTask;

    internal Task WaitForAsync(int count) => Handled.WaitUntilAsync($"{count} events", items => items.Count >= count);
}

/// <summary>Puts events into the test's inbox.</summary>
internal sealed class InboxHandler(Inbox inbox) : IEventHandler
{
    public Task HandleAsync(StoredEvent stored, CancellationToken cancellationToken) => inbox.TakeAsync(stored, cancellationToken);
}
