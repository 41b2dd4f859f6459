namespace SyncKit.EfStore.Cli.Doctor;

/// <summary>What ALTER ROLE and ALTER DATABASE … SET make sessions of this database begin with.</summary>
internal static class StoredSettings
{
    // A role that may not touch events is nobody's business here.
    private const string ReadSql = $"""
        SELECT
            coalesce('role ' || quote_ident(role.rolname), 'every role'),
            format('ALTER %s RESET %s;',
                CASE
                    WHEN role.oid IS NULL AND setting.setdatabase = 0 THEN 'ROLE ALL'
                    WHEN role.oid IS NULL THEN format('DATABASE %I', current_database())
                    WHEN setting.setdatabase = 0 THEN format('ROLE %I', role.rolname)
                    ELSE format('ROLE %I IN DATABASE %I', role.rolname, current_database())
                END,
                split_part(item, '=', 1)),
            lower(split_part(item, '=', 1)),
            lower(substring(item FROM position('=' IN item) + 1))
        FROM pg_db_role_setting AS setting
        CROSS JOIN unnest(setting.setconfig) AS item
        LEFT JOIN pg_roles AS role ON role.oid = setting.setrole
        WHERE setting.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
            AND (role.oid IS NULL OR to_regclass('{LogNames.Events}') IS NULL
                OR has_any_column_privilege(role.oid, to_regclass('{LogNames.Events}'), 'SELECT, INSERT, UPDATE')
                OR has_table_privilege(role.oid, to_regclass('{LogNames.Events}'), 'DELETE, TRUNCATE'))
        ORDER BY 1, 2
        """;

    internal static Task<List<StoredSetting>> ReadAsync(Patient patient, CancellationToken cancellationToken) => patient.QueryAsync(
        ReadSql,
        reader => new StoredSetting(reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetString(3)),
        cancellationToken);
}
