using Npgsql;
using SyncKit.EfStore.Cli.Doctor;
using SyncKit.EfStore.Cli.Doctor.Examinations;

namespace SyncKit.EfStore.Tests.Cli;

/// <summary>A database in which a fault is planted, found by the doctor's examinations of schema and grants, and mended by their own advice.</summary>
public abstract class MendedDatabase : DoctorDatabase
{
    private static readonly IExamination[] Examinations =
    [
        new DriftExamination(), new ColumnsExamination(), new TablesExamination(), new SettingsExamination(), new UniquenessExamination(),
        new PrivilegesExamination(), new SequencePositionExamination(), new DurabilityExamination(),
    ];

    private static readonly string[] FirstWords = ["ALTER", "DROP", "REVOKE"];

    private protected async Task AssertMendedAsync(string asWhom, string plant, string complaints, string message)
    {
        var database = new NpgsqlConnectionStringBuilder(ConnectionString).Database!;
        await using var connection = await RawSql.ConnectAsync(asWhom);
        if (plant.Contains("SEQUENCE events_version_seq SET UNLOGGED", StringComparison.Ordinal) && connection.PostgreSqlVersion.Major < 15)
        {
            Assert.Inconclusive("PostgreSQL 14 has no such sequences.");
        }

        await connection.RunAsync(plant.Replace("{0}", database, StringComparison.Ordinal));

        var (ill, findings) = await LookAsync();
        Assert.AreEqual(complaints, ill, string.Join("\n", findings));
        Assert.Contains(message, string.Join("\n", findings));
        foreach (var advice in findings.Where(finding => finding.Advice is not null).OrderBy(finding => finding.Name).Select(finding => finding.Advice!))
        {
            if (advice.StartsWith("synckit doctor --fix", StringComparison.Ordinal))
            {
                await EventStoreSchema.MigrateAsync(ConnectionString, TestContext.CancellationToken);
            }
            else
            {
                // The SQL of it: from its first word in capitals to its last semicolon.
                var start = FirstWords.Select(word => advice.IndexOf(word, StringComparison.Ordinal)).Where(at => at >= 0).Min();
                await connection.RunAsync(advice[start..(advice.LastIndexOf(';') + 1)]);
            }
        }

        var (mended, after) = await LookAsync();
        Assert.AreEqual("", mended, string.Join("\n", after));
    }

    private protected async Task<(string Complaints, IReadOnlyList<Finding> Findings)> LookAsync()
    {
        await using var patient = await Patient.MeetAsync(ConnectionString, TimeProvider.System, TestContext.CancellationToken);
        var findings = new List<Finding>();
        foreach (var examination in Examinations)
        {
            findings.Add((await examination.ExamineAsync(patient, TestContext.CancellationToken)).ToFinding(examination.Name));
        }

        var complaints = findings.Where(finding => finding.Status is FindingStatus.Warning or FindingStatus.Fault)
            .Select(finding => $"{finding.Name}:{finding.Status.ToString().ToLowerInvariant()}");
        return (string.Join(" ", complaints), findings);
    }
}
