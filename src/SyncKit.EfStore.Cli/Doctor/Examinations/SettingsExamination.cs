namespace SyncKit.EfStore.Cli.Doctor.Examinations;

/// <summary>Settings that are meant for one transaction or one look, left on for every session of a role or of the database.</summary>
internal sealed class SettingsExamination : IExamination
{
    private static readonly (string Name, bool IsFault, Func<StoredSetting, bool> Harms, string Harm)[] Watched =
    [
        ("session_replication_role", true, setting => setting.Value == "replica", "no trigger fires: nobody is told of events, and no change is written down"),
        ("synckit.notify", false, setting => setting.Value == "off", "what they append tells nobody"),
        ("synckit.allow_truncate", false, setting => setting.Value == "on", "TRUNCATE of the log is not refused"),
        ("synckit.allow_drop", false, setting => setting.Value == "on", "going down drops the log without asking"),
        ("enable_indexscan", false, setting => setting.IsOff, "reads of the log sort it instead of following an index"),
    ];

    public string Name => "settings";

    public async Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken)
    {
        var stored = await StoredSettings.ReadAsync(patient, cancellationToken);
        var now = await patient.QueryAsync(
            "SELECT name, coalesce(current_setting(name, true), '') FROM unnest($1) AS one (name)",
            reader => new StoredSetting("this connection", "", reader.GetString(0), reader.GetString(1).ToLowerInvariant()),
            cancellationToken,
            (object)Watched.Select(one => one.Name).ToArray());
        var diagnosis = Diagnosis.Fine("Triggers fire, and no setting of a role or of the database gets in the way of the log.");
        foreach (var (name, isFault, harms, harm) in Watched)
        {
            var found = stored.Where(setting => setting.Name == name && harms(setting)).ToList();

            // Not stored for a role or the database: from the connection string, or for the whole server.
            if (found.Count == 0 && now.Single(setting => setting.Name == name) is var session && harms(session))
            {
                found.Add(session with { Reset = $"Remove {name} from Options in the connection string, and from postgresql.conf." });
            }

            foreach (var setting in found)
            {
                diagnosis.Complain(isFault, $"{name} is {setting.Value} for {setting.Whose}: {harm}.", setting.Reset);
            }
        }

        return diagnosis;
    }
}
