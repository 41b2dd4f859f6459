using Npgsql;
using NpgsqlTypes;

namespace SyncKit.EfStore.Storage;

/// <summary>Commands and their parameters, typed as the driver sends them without a guess.</summary>
internal static class Sql
{
    internal static NpgsqlBatchCommand Command(string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }

    /// <summary>The same as a command of its own.</summary>
    internal static NpgsqlCommand Command(NpgsqlConnection connection, string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }

    internal static NpgsqlParameter<string> Text(string value) => new() { NpgsqlDbType = NpgsqlDbType.Text, TypedValue = value };

    internal static NpgsqlParameter<string[]> Texts(string[] values) => new() { TypedValue = values };

    internal static NpgsqlParameter<long> Bigint(long value) => new() { TypedValue = value };

    internal static NpgsqlParameter<long[]> Bigints(long[] values) => new() { TypedValue = values };

    /// <summary>JSON as UTF-8; null for SQL NULL.</summary>
    internal static NpgsqlParameter<byte[]?> Json(byte[]? value) => new() { NpgsqlDbType = NpgsqlDbType.Jsonb, TypedValue = value };

    /// <inheritdoc cref="Json"/>
    internal static NpgsqlParameter<byte[]?[]> Jsons(byte[]?[] values) =>
        new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb, TypedValue = values };
}
