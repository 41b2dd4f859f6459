using System.Data;
using Npgsql;
using NpgsqlTypes;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Auditing;

/// <summary>Calls the function that erases, which is all that the role of an eraser may do: not even the schema's version can be asked.</summary>
internal sealed class EventErasure(EventStoreConnections connections) : IEventErasure
{
    private const int MaxReasonBytes = 1024;

    private const string EraseSql = $"SELECT erased_version, erased_now FROM {SchemaNames.EraseFunction}($1, $2, $3)";

    public Task<ErasureResult> EraseAsync(string aggregateId, string reason, CancellationToken cancellationToken = default) =>
        EraseAsync(InputRules.Lookup(aggregateId, "aggregate_id"), null, Checked(reason), cancellationToken);

    public Task<ErasureResult> EraseAsync(
        IReadOnlyCollection<EventVersion> versions, string reason, CancellationToken cancellationToken = default)
    {
        InputRules.NotNull(versions, "versions");
        return versions.Count == 0
            ? throw new InvalidInputException("versions", "must hold at least one version", "it is empty")
            : EraseAsync(null, [.. versions.Select(version => version.Value)], Checked(reason), cancellationToken);
    }

    private static string Checked(string reason)
    {
        InputRules.Text(reason, "reason", MaxReasonBytes);
        return string.IsNullOrWhiteSpace(reason)
            ? throw new InvalidInputException("reason", "must say why", "it is blank")
            : reason;
    }

    private Task<ErasureResult> EraseAsync(string? aggregateId, long[]? versions, string reason, CancellationToken cancellationToken) =>
        connections.TranslateAsync(async () =>
        {
            await using var connection = await connections.OpenUncheckedAsync(cancellationToken).ConfigureAwait(false);

            // Whatever the database's default is: what others commit while it waits for them is erased too.
            await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken)
                .ConfigureAwait(false);
            await using var command = Sql.Command(
                connection,
                EraseSql,
                new NpgsqlParameter<string?> { NpgsqlDbType = NpgsqlDbType.Text, TypedValue = aggregateId },
                new NpgsqlParameter<long[]?> { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint, TypedValue = versions },
                Sql.Text(reason));
            command.CommandTimeout = 0;

            var (now, before) = (new List<EventVersion>(), new List<EventVersion>());
            await using (var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    (reader.GetBoolean(1) ? now : before).Add(new EventVersion(reader.GetInt64(0)));
                }
            }

            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);

            return new ErasureResult(now, before);
        });
}
