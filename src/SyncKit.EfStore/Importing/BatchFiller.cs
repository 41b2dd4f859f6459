using System.Runtime.CompilerServices;
using System.Threading.Channels;
using SyncKit.EfStore.Appending;

namespace SyncKit.EfStore.Importing;

/// <summary>The reading side of an import: input → batches, while the storing side works on the batch before.</summary>
internal static class BatchFiller
{
    /// <summary>Fills batches to the end of the input. Whatever ends the input, the batches hold all that came before.</summary>
    /// <returns>The line that ended the input early; null at its end.</returns>
    internal static async Task<ImportException?> FillAsync(
        ChannelWriter<EventBatch> batches,
        IAsyncEnumerable<NumberedEvent> events,
        int maxStreams,
        int maxJsonBytes,
        CancellationToken cancellationToken)
    {
        var batch = new EventBatch(maxStreams);
        try
        {
            await foreach (var numbered in events.ConfigureAwait(false))
            {
                if (Refusal(numbered, maxJsonBytes) is { } refused)
                {
                    return refused;
                }

                if (!batch.TryAdd(numbered))
                {
                    await batches.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
                    batch = new EventBatch(maxStreams);
                    batch.TryAdd(numbered);
                }
            }

            return null;
        }
        catch (ImportException broken)
        {
            return broken;
        }
        finally
        {
            try
            {
                if (batch.Count > 0)
                {
                    await batches.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
                }
            }
            finally
            {
                batches.Complete();
            }
        }
    }

    /// <summary>Events that came from no lines count by their place.</summary>
    internal static async IAsyncEnumerable<NumberedEvent> NumberAsync(
        IAsyncEnumerable<EventData> events, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var place = 0L;
        await foreach (var eventData in events.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            yield return new NumberedEvent(++place, eventData);
        }
    }

    private static ImportException? Refusal(NumberedEvent numbered, int maxJsonBytes)
    {
        try
        {
            InputRules.NotNull(numbered.Event, "event");
            AppendRequest.CheckSize(numbered.Event, maxJsonBytes);
            return null;
        }
        catch (InvalidInputException error)
        {
            return new ImportException(numbered.Line, error.Message, error);
        }
    }
}
