using System.Globalization;

namespace SyncKit.EfStore.Cli.Doctor.Examinations;

/// <summary>Whether the server's version is supported, and has no known fault in NOTIFY.</summary>
internal sealed class ServerVersionExamination : IExamination
{
    private const int Oldest = 14;
    private const int Newest = 18;

    // VACUUM removed the commit log that unread notifications need; LISTEN then fails with "could not access status of transaction" until the
    // queue is cleared. Mended by the minors of 12 February 2026 (release notes, "Prevent truncation of CLOG that is still needed by unread NOTIFY
    // messages"), which also end a connection that could not read a notification, instead of losing it in silence.
    private static readonly Dictionary<int, int> NotifyMended = new() { [14] = 21, [15] = 16, [16] = 12, [17] = 8, [18] = 2 };

    public string Name => "server-version";

    public bool NeedsLog => false;

    public async Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken) => Judge(await patient.ReadAsync(
        "SELECT current_setting('server_version_num')",
        reader => int.Parse(reader.GetString(0), NumberStyles.None, CultureInfo.InvariantCulture),
        cancellationToken));

    /// <param name="number">As <c>server_version_num</c> has it: 150018 is 15.18.</param>
    internal static Diagnosis Judge(int number)
    {
        var (major, minor) = (number / 10_000, number % 10_000);
        var diagnosis = Diagnosis.Fine($"PostgreSQL {major}.{minor} is supported and has no known fault in NOTIFY.");
        if (major < Oldest)
        {
            diagnosis.Fault(
                $"PostgreSQL {major} is too old; {Oldest} to {Newest} are supported.", $"Upgrade the server to PostgreSQL {Newest}, with pg_upgrade.");
        }
        else if (major > Newest)
        {
            diagnosis.Warn(
                $"PostgreSQL {major} is newer than this tool was tried with; {Oldest} to {Newest} are supported.", "Look for a newer version of SyncKit.EfStore.");
        }
        else if (minor < NotifyMended[major])
        {
            diagnosis.Warn(
                $"PostgreSQL {major}.{minor} is before {major}.{NotifyMended[major]}: VACUUM may remove what unread notifications need, and then LISTEN fails "
                    + "with 'could not access status of transaction'.",
                $"Update the server to the newest {major}.x; until then SELECT pg_notification_queue_usage(); clears the queue when it happens.");
        }

        return diagnosis;
    }
}
