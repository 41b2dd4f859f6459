using Npgsql;

namespace SyncKit.EfStore.Storage;

/// <summary>
/// The first command of a batch whose statements must use the indexes: a plan prepared while the table was empty would scan it
/// when it is full. Holds for the batch's own transaction only.
/// </summary>
internal static class PlannerCare
{
    internal const string Expression = "set_config('enable_seqscan', 'off', true)";

    internal static NpgsqlBatchCommand Command() => new("SELECT " + Expression);
}
