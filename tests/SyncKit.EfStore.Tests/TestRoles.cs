using System.Collections.Concurrent;
using Npgsql;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Tests;

/// <summary>
/// Who the library is in a test. With <c>SYNCKIT_TESTS_ROLE=writer</c> the stores of all tests log in as the writer of <c>synckit roles</c>, with no
/// other right, while the tests themselves stay the owner.
/// </summary>
internal static class TestRoles
{
    internal const string Password = "not-a-secret-of-anybody";

    private const string Writer = "synckit_tests_writer";
    private const string Variable = "SYNCKIT_TESTS_ROLE";

    private static readonly bool AlwaysWriter = Environment.GetEnvironmentVariable(Variable) switch
    {
        null or "" => false,
        "writer" => true,
        var other => throw new InvalidOperationException($"{Variable} must be 'writer' or not set; it is '{other}'."),
    };

    // Granting costs more than most tests: once for a database, unless it had no log yet.
    private static readonly ConcurrentDictionary<string, bool> Granted = new();

    /// <summary>Whether stores see what only a role sees that owns everything, such as another session's state.</summary>
    internal static bool StoresAreOwners => !AlwaysWriter;

    /// <summary>What a deployment does after a migration: grants on what is new.</summary>
    internal static void GrantAfterMigration(string connectionString) => _ = ForStore(connectionString);

    /// <summary>What a store of a test connects with.</summary>
    internal static string ForStore(string connectionString) => AlwaysWriter ? ForWriter(connectionString) : connectionString;

    /// <summary>
    /// The same database as a writer with no other right; a string that is no owner's, or names its TLS, of which who logs in is a part, stays
    /// as it is.
    /// </summary>
    internal static string ForWriter(string connectionString)
    {
        if (connectionString.Contains("SSL Mode", StringComparison.OrdinalIgnoreCase))
        {
            return connectionString;
        }

        try
        {
            if (!Granted.ContainsKey(connectionString))
            {
                CreateWriter(connectionString);
                EventStoreRoles.ApplyAsync(connectionString, new EventStoreRoleNames { Writer = Writer }).GetAwaiter().GetResult();
                Granted[connectionString] = true;
            }
        }
        catch (EventStoreUnavailableException error) when (error.Reason is UnavailableReason.SchemaMissing or UnavailableReason.SchemaOutdated)
        {
            // There is nothing to grant on, which the test wants to see.
        }
        catch (Exception error) when (error is ArgumentException or NpgsqlException)
        {
            // It leads nowhere, or to a role that the test made for itself.
            return connectionString;
        }

        return new NpgsqlConnectionStringBuilder(connectionString) { Username = Writer, Password = Password }.ConnectionString;
    }

    private static void CreateWriter(string connectionString)
    {
        using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(ConnectionStrings.ForPrimary(connectionString)) { Pooling = false }.ConnectionString);
        connection.Open();
        using var command = new NpgsqlCommand($"CREATE ROLE {Writer} LOGIN PASSWORD '{Password}'", connection);
        try
        {
            command.ExecuteNonQuery();
        }
        catch (PostgresException error) when (error.SqlState is PostgresErrorCodes.DuplicateObject or PostgresErrorCodes.UniqueViolation)
        {
            // Another test was first.
        }
    }
}
