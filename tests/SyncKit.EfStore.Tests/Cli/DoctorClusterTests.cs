using Npgsql;

namespace SyncKit.EfStore.Tests.Cli;

/// <summary>What only a superuser can spoil. Roles and their members are the whole server's, so no other doctor may look at it meanwhile.</summary>
[TestClass]
[DoNotParallelize]
public sealed class DoctorClusterTests : MendedDatabase
{
    [TestMethod]
    [DataRow("ALTER DATABASE {0} SET synckit.notify = off", "settings:warning", "synckit.notify is off for every role")]
    [DataRow("ALTER DATABASE {0} SET synckit.allow_truncate = on", "settings:warning", "synckit.allow_truncate is on")]
    [DataRow("ALTER DATABASE {0} SET synckit.allow_drop = on", "settings:warning", "synckit.allow_drop is on")]
    [DataRow("ALTER DATABASE {0} SET session_replication_role = replica", "settings:fault", "session_replication_role is replica for every role")]
    [DataRow("GRANT CREATE ON SCHEMA public TO PUBLIC", "privileges:warning", "PUBLIC may CREATE on SCHEMA public.")]
    [DataRow("{role} ALTER FUNCTION audit_event_changes() OWNER TO {1}", "tables:fault", "which may not write event_audit")]
    [DataRow("{role} GRANT log_owner TO {1}", "privileges:warning", "may change events, as a member of log_owner.")]
    [DataRow("{role} ALTER ROLE {1} NOINHERIT; GRANT log_owner TO {1}", "privileges:warning", "may change events, as a member of log_owner.")]
    [DataRow("{role} GRANT pg_write_all_data TO {1}", "privileges:warning", "may change events, as a member of pg_write_all_data.")]
    [DataRow(
        "{role} GRANT INSERT ON events TO {1}; ALTER ROLE {1} IN DATABASE {0} SET synchronous_commit = off", "durability:warning",
        "synchronous_commit is off for role")]
    public async Task What_a_superuser_may_spoil_is_named_and_the_advice_mends_it(string plant, string complaints, string message)
    {
        await using var connection = await RawSql.ConnectAsync(SuperuserString);
        if (plant.Contains("SCHEMA public", StringComparison.Ordinal) && connection.PostgreSqlVersion.Major < 15)
        {
            Assert.Inconclusive("PostgreSQL 14 grants this by itself.");
        }

        var role = $"other_{new NpgsqlConnectionStringBuilder(ConnectionString).Database}";
        await AssertMendedAsync(
            SuperuserString,
            plant.Replace("{role}", $"CREATE ROLE {role} LOGIN;", StringComparison.Ordinal).Replace("{1}", role, StringComparison.Ordinal),
            complaints,
            message);
        await connection.RunAsync($"DO $$ BEGIN IF to_regrole('{role}') IS NOT NULL THEN DROP OWNED BY {role}; DROP ROLE {role}; END IF; END $$");
    }
}
