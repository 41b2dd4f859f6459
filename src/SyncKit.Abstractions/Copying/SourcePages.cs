using System.Runtime.CompilerServices;

namespace SyncKit;

/// <summary>What every source of a copy does alike: where a part of its log begins, and pages of which the next is on its way while the caller is busy.</summary>
internal static class SourcePages
{
    /// <summary>What a page holds at most, as far as its documents go; the event that reaches it is the page's last.</summary>
    internal const long MaxBytes = 4 * 1024 * 1024;

    /// <summary>At zero a part begins with whatever comes first: another program may have chosen versions below 1.</summary>
    internal static long First(EventVersion after) => after == EventVersion.Zero ? long.MinValue : after.Value + 1;

    /// <summary>The events of all pages, to the one that is the last.</summary>
    /// <param name="after">Where the part begins.</param>
    /// <param name="fetch">Reads the page from a version on, told the page before it; null where it is the first. One at a time.</param>
    /// <param name="cancellationToken">Ends it, the page on its way too.</param>
    internal static async IAsyncEnumerable<SourceEvent> ReadAsync(
        EventVersion after, Func<long, SourcePage?, CancellationToken, Task<SourcePage>> fetch, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var abandoned = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<SourcePage>? ahead = null;
        try
        {
            for (SourcePage? page = null; page is not { IsLast: true };)
            {
                var isFirst = page is null;
                page = await (ahead ?? FetchAsync(page)).ConfigureAwait(false);

                // Whoever came back for a second page gets the next one while he is busy with this one.
                ahead = page.IsLast || isFirst ? null : FetchAsync(page);
                foreach (var one in page.Events)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    yield return one;
                }
            }
        }
        finally
        {
            if (ahead is not null)
            {
                await abandoned.CancelAsync().ConfigureAwait(false);
                await ((Task)ahead).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        Task<SourcePage> FetchAsync(SourcePage? last) => fetch(last is null ? First(after) : last.Events[^1].Version + 1, last, abandoned.Token);
    }
}
