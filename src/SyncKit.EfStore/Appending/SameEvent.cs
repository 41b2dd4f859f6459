using SyncKit.EfStore.Diagnostics;

namespace SyncKit.EfStore.Appending;

/// <summary>
/// Whether a stored event is the one that is given: as JSONB compares, whatever <c>created_at</c> says. Keys the store adds to metadata do
/// not count (the trace under which an append is repeated is another one); with them, none and an empty object are one.
/// </summary>
internal static class SameEvent
{
    /// <summary>A condition over the stored row <c>e</c> and the row <c>given</c>.</summary>
    internal const string Sql = $$"""
        (e.aggregate_id = given.aggregate_id
            AND e.event_type = given.event_type
            AND e.data IS NOT DISTINCT FROM given.data
            AND CASE
                WHEN e.metadata ?| {{Added}} OR given.metadata ?| {{Added}}
                THEN coalesce(CASE jsonb_typeof(e.metadata) WHEN 'object' THEN e.metadata - {{Added}} ELSE e.metadata END, '{}')
                    = coalesce(CASE jsonb_typeof(given.metadata) WHEN 'object' THEN given.metadata - {{Added}} ELSE given.metadata END, '{}')
                ELSE e.metadata IS NOT DISTINCT FROM given.metadata
            END)
        """;

    private const string Added =
        $"'{{{TraceMetadata.TraceParent},{TraceMetadata.TraceState},{TraceMetadata.CorrelationId},{TraceMetadata.CausationId}}}'::text[]";
}
