using Npgsql;

namespace SyncKit.EfStore.Tests.Storage;

/// <summary>The schema of the requirements, which go-sync-kit's service makes for itself.</summary>
internal static class GoSyncKit
{
    internal const int Rows = 1_000;
    internal const int Streams = 37;

    internal static string Schema { get; } = Read();

    /// <summary>What the service runs again at each start: the function and the row trigger.</summary>
    internal static string Restart { get; } =
        "DROP TRIGGER IF EXISTS events_notify_trigger ON events;\n"
        + Schema[Schema.IndexOf("CREATE OR REPLACE FUNCTION", StringComparison.Ordinal)..Schema.IndexOf("-- What the service", StringComparison.Ordinal)];

    /// <summary>1,000 events of 37 streams, with gaps in version and one row without created_at.</summary>
    internal static Task FillAsync(NpgsqlConnection connection) => connection.RunAsync($$"""
        INSERT INTO events (version, id, aggregate_id, event_type, data, metadata, created_at)
        SELECT
            n * 3 + n % 2, 'id-' || n, 'go-' || (n * 7919 % {{Streams}}), 'Type' || n % 5, jsonb_build_object('n', n),
            CASE WHEN n % 3 = 0 THEN NULL ELSE 'null'::jsonb END,
            CASE WHEN n = 500 THEN NULL ELSE '2025-01-01Z'::timestamptz + n * interval '1 second' END
        FROM generate_series(1, {{Rows}}) AS n;
        SELECT setval('events_version_seq', (SELECT max(version) FROM events));
        """);

    private static string Read()
    {
        using var stream = typeof(GoSyncKit).Assembly.GetManifestResourceStream("go-sync-kit.sql")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
