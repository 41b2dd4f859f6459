using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using SyncKit.EfStore.Diagnostics;

namespace SyncKit.EfStore.Appending.DbContexts;

/// <summary>The events a context tracks.</summary>
internal static class PendingEvents
{
    /// <summary>The rows that the next save inserts, in the order they were added.</summary>
    internal static List<EventRow> Of(DbContext context)
    {
        var added = new List<(long Place, EventRow Row)>();
        foreach (var entry in Entries(context))
        {
            if (entry.State == EntityState.Added)
            {
                // The key is temporary until the row is stored: it counts upwards as rows are added.
                added.Add((entry.Property(row => row.Version).CurrentValue, entry.Entity));
            }
        }

        return [.. added.OrderBy(pair => pair.Place).Select(pair => pair.Row)];
    }

    /// <summary>Whether an append fits to what the context tracks, asked before it is tracked itself.</summary>
    /// <exception cref="DuplicateEventException">An id of it is tracked.</exception>
    /// <exception cref="InvalidInputException">With it the save would touch too many streams.</exception>
    internal static void Check(DbContext context, AppendRequest request)
    {
        HashSet<string>? ids = null;
        HashSet<string>? streams = null;
        List<string>? twice = null;
        foreach (var entry in Entries(context))
        {
            ids ??= request.Events.Select(given => given.Id).ToHashSet(StringComparer.Ordinal);
            if (ids.Contains(entry.Entity.Id))
            {
                (twice ??= []).Add(entry.Entity.Id);
            }

            if (entry.State == EntityState.Added)
            {
                (streams ??= new(request.Streams, StringComparer.Ordinal)).Add(entry.Entity.AggregateId);
            }
        }

        if (twice is not null)
        {
            throw new DuplicateEventException([], twice);
        }

        if (streams?.Count > AppendRequest.MaxStreams)
        {
            throw new InvalidInputException(
                "events", $"must name at most {AppendRequest.MaxStreams} streams in one SaveChanges", $"they name {streams.Count}");
        }
    }

    /// <summary>Puts a trace into the rows' metadata. A save that is repeated keeps the trace of the first: keys that are there stay.</summary>
    internal static void AddTrace(EventSave save, TraceMetadata trace)
    {
        var rows = save.Rows.ToHashSet<EventRow>(ReferenceEqualityComparer.Instance);
        foreach (var entry in Entries(save.Context))
        {
            if (rows.Contains(entry.Entity))
            {
                var metadata = entry.Property(row => row.Metadata);
                metadata.CurrentValue = RowJson.Element(trace.AddTo(RowJson.Document(metadata.CurrentValue)));
            }
        }
    }

    /// <summary>Without looking for changes: an event row never changes, and a save looks by itself.</summary>
    private static List<EntityEntry<EventRow>> Entries(DbContext context)
    {
        var tracker = context.ChangeTracker;
        var detects = tracker.AutoDetectChangesEnabled;
        tracker.AutoDetectChangesEnabled = false;
        try
        {
            return [.. tracker.Entries<EventRow>()];
        }
        finally
        {
            tracker.AutoDetectChangesEnabled = detects;
        }
    }
}
