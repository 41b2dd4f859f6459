namespace SyncKit.EfStore.Cli.Doctor.Examinations;

/// <summary>
/// Whether a commit that was acknowledged survives a crash. One that does not takes versions back which readers have seen; they are given to
/// other events then.
/// </summary>
internal sealed class DurabilityExamination : IExamination
{
    private const string SettingsSql = """
        SELECT name, setting, source, quote_ident(current_database()), quote_ident(session_user)
        FROM pg_settings
        WHERE name IN ('synchronous_commit', 'fsync', 'full_page_writes', 'synchronous_standby_names')
        """;

    public string Name => "durability";

    public bool NeedsLog => false;

    public async Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken)
    {
        var settings = (await patient.QueryAsync(
            SettingsSql,
            reader => (Name: reader.GetString(0), new Setting(reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetString(4))),
            cancellationToken)).ToDictionary(row => row.Name, row => row.Item2);
        var diagnosis = Diagnosis.Fine("A commit that is acknowledged survives a crash (synchronous_commit, fsync, full_page_writes).");
        if (settings["fsync"].Value != "on")
        {
            diagnosis.Fault("fsync is off: a crash of the machine loses commits or the whole database.", Mend("fsync", settings["fsync"]));
        }

        if (settings["full_page_writes"].Value != "on")
        {
            diagnosis.Warn(
                "full_page_writes is off: a crash of the machine may tear pages, unless the file system writes them whole.",
                Mend("full_page_writes", settings["full_page_writes"]));
        }

        var commit = settings["synchronous_commit"];
        if (commit.Value == "off")
        {
            diagnosis.Fault(
                "synchronous_commit is off: a crash of the server takes back events that were acknowledged and read, and gives their versions to others.",
                Mend("synchronous_commit", commit));
        }
        else if (commit.Value == "local" && settings["synchronous_standby_names"].Value.Length > 0)
        {
            diagnosis.Warn(
                "synchronous_commit is local: a failover to the synchronous standby may lose events that were acknowledged.", Mend("synchronous_commit", commit));
        }
        else
        {
            var stored = await StoredSettings.ReadAsync(patient, cancellationToken);
            foreach (var setting in stored.Where(one => one.Name == "synchronous_commit" && one.IsOff))
            {
                diagnosis.Warn(
                    $"synchronous_commit is off for {setting.Whose} in this database: what they append may be taken back by a crash.", setting.Reset);
            }
        }

        return diagnosis;
    }

    private static string Mend(string name, Setting setting) => setting.Source switch
    {
        "database" => $"ALTER DATABASE {setting.Database} RESET {name}; and reconnect.",
        "user" => $"ALTER ROLE {setting.Role} RESET {name}; and reconnect.",
        "database user" => $"ALTER ROLE {setting.Role} IN DATABASE {setting.Database} RESET {name}; and reconnect.",
        "command line" => $"Remove {name} from the server's command line (-c {name}=…), set it on in postgresql.conf, and restart the server.",
        "client" => $"Remove {name} from Options in the connection string.",
        _ => $"ALTER SYSTEM SET {name} = on; SELECT pg_reload_conf();",
    };

    private sealed record Setting(string Value, string Source, string Database, string Role);
}
