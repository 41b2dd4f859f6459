using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;
using SyncKit.EfStore.Tests.Sqlite;

namespace SyncKit.EfStore.Tests.Copying;

/// <summary>Fills a file as go-sync-kit's services do, with every kind of value a row can hold; the same rows for the same numbers.</summary>
internal static class GoLog
{
    private const int Streams = 97;

    private static readonly string Deep = new string('[', 900) + "1" + new string(']', 900);
    private static readonly string Long = $$"""{"text":"{{new string('ö', 20_000)}}"}""";

    private static readonly string?[] Documents =
    [
        """{"b":1,"a":[1e2,"ä"],"total":12.50}""",
        "17",
        "null",
        null,
        "true",
        "\"Grüße, 世界 😀 \\u00e4 \\ud83d\\ude00 \\\"so\\\"\"",
        "12345678901234567890123456789012345678901234567890.000000000000000000000000000001",
        "-1.5e-300",
        """{"a":1,"a":2,"z":{"x":1,"x":[]},"a":3}""",
        """ [ 1 , { } , "" , [ ] , 0.10 , -0 , 1E+3 ] """,
        "{}",
    ];

    private static readonly string?[] Metadata = [null, "null", "{}", """{"source":"go","user":"Jörg"}""", "[]"];

    /// <summary>As SQLite's own CURRENT_TIMESTAMP, as Go's drivers write times, with zones, with more digits than microseconds, and none.</summary>
    private static readonly string?[] Times =
    [
        "2024-01-02 03:04:{0:00}",
        "2024-01-02 03:04:{0:00}.123456789+00:00",
        "2024-01-02T03:04:{0:00}Z",
        "2024-01-02 03:04:{0:00}.5+02:00",
        "2024-01-02 03:04:{0:00}.123 +0000 UTC m=+0.000012",
        null,
        "0001-01-01 00:00:{0:00}",
        "9999-12-31 23:59:{0:00}.999999",
    ];

    /// <summary>Adds rows; each version that 13 divides is left out, as where an append was rolled back.</summary>
    internal static void Fill(SqliteConnection connection, int from, int count, bool origins = false)
    {
        using var transaction = connection.BeginTransaction();
        using var insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO events (version, id, aggregate_id, event_type, data, metadata, created_at"
            + (origins ? ", origin_node, origin_counter" : "") + ") VALUES ($version, $id, $stream, $type, $data, $metadata, $at"
            + (origins ? ", $node, $counter" : "") + ")";
        foreach (var name in (string[])["$version", "$id", "$stream", "$type", "$data", "$metadata", "$at", "$node", "$counter"])
        {
            insert.Parameters.Add(new SqliteParameter { ParameterName = name });
        }

        for (var n = from; n < from + count; n++)
        {
            if (n % 13 == 0)
            {
                continue;
            }

            Set(0, n);
            Set(1, $"event-{n}-{(n % 11 == 0 ? "ü😀" : "x")}");
            Set(2, $"stream/{n * 7 % Streams}");
            Set(3, $"Type{n % 5}");
            Set(4, n % 1_009 == 0 ? Deep : n % 2_003 == 0 ? Long : Documents[n % Documents.Length]);
            Set(5, Metadata[n % Metadata.Length]);
            Set(6, Times[n % Times.Length] is { } time ? string.Format(CultureInfo.InvariantCulture, time, n % 60) : null);
            Set(7, origins && n % 3 == 0 ? $"node-{n % 4}" : null);
            Set(8, origins && n % 3 == 0 ? n / 3 : null);
            insert.ExecuteNonQuery();
        }

        transaction.Commit();

        void Set(int parameter, object? value) => insert.Parameters[parameter].Value = value ?? DBNull.Value;
    }

    internal static SqliteFile Create(int count, bool origins = false)
    {
        var file = new SqliteFile(SqliteFile.GoSql + (origins ? SqliteFile.OriginSql : ""));
        using var connection = file.Connect();
        Fill(connection, 1, count, origins);
        return file;
    }

    /// <summary>Adds one row as it is given.</summary>
    internal static void Add(SqliteFile file, long version, object? id, object? data = null, object? stream = null, object? at = null, object? metadata = null)
    {
        using var connection = file.Connect();
        using var insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO events (version, id, aggregate_id, event_type, data, metadata, created_at) VALUES ($version, $id, $stream, 'T', $data, $metadata, $at)";
        insert.Parameters.AddWithValue("$version", version);
        insert.Parameters.AddWithValue("$id", id);
        insert.Parameters.AddWithValue("$stream", stream ?? "s");
        insert.Parameters.AddWithValue("$data", data ?? DBNull.Value);
        insert.Parameters.AddWithValue("$metadata", metadata ?? DBNull.Value);
        insert.Parameters.AddWithValue("$at", at ?? "2024-01-02 03:04:05");
        insert.ExecuteNonQuery();
    }

    /// <summary>Bytes as a TEXT, which they need not be.</summary>
    internal static void SetText(SqliteFile file, long version, string column, byte[] bytes)
    {
        using var connection = file.Connect();
        SqliteFile.Run(connection, $"UPDATE events SET {column} = CAST(x'{Convert.ToHexString(bytes)}' AS TEXT) WHERE version = {version}");
    }

    internal static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
