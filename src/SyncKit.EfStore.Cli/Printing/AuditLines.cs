using System.Buffers;
using System.Globalization;
using System.Text.Json;
using SyncKit.EfStore.Importing;

namespace SyncKit.EfStore.Cli.Printing;

/// <summary>The audit on stdout: JSON Lines for a program, a table for a person.</summary>
internal static class AuditLines
{
    private static readonly string[] Columns = ["time", "operation", "versions", "stream", "who", "from", "application", "old row or reason"];

    internal static IPrinter<AuditEntry> Create(bool json) =>
        json || !StandardOutput.IsTerminal ? new JsonPrinter<AuditEntry>(Write) : new TablePrinter<AuditEntry>(Columns, Cells);

    private static string[] Cells(AuditEntry entry) =>
    [
        entry.OccurredAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        Operation(entry),
        entry.FirstVersion == entry.LastVersion
            ? $"{entry.FirstVersion}"
            : string.Create(CultureInfo.InvariantCulture, $"{entry.FirstVersion} to {entry.LastVersion} ({entry.Events})"),
        entry.AggregateId ?? "",
        entry.ActingRole == entry.LoginRole ? entry.LoginRole : $"{entry.LoginRole} as {entry.ActingRole}",
        entry.ClientAddress?.ToString() ?? "",
        entry.ApplicationName,
        entry.OldRow?.ToString() ?? entry.Reason ?? "",
    ];

    private static string Operation(AuditEntry entry) => entry.Operation.ToString().ToUpperInvariant();

    private static void Write(IBufferWriter<byte> buffer, AuditEntry entry)
    {
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteNumber("audit_id", entry.AuditId);
            writer.WriteString("occurred_at", entry.OccurredAt.UtcDateTime);
            writer.WriteString("operation", Operation(entry));
            writer.WriteString("login_role", entry.LoginRole);
            writer.WriteString("acting_role", entry.ActingRole);
            writer.WriteString("client_address", entry.ClientAddress?.ToString());
            writer.WriteString("application_name", entry.ApplicationName);
            writer.WriteNumber("transaction_id", entry.TransactionId);
            writer.WriteString("aggregate_id", entry.AggregateId);
            writer.WriteString("event_id", entry.EventId);
            Number("first_version", entry.FirstVersion);
            Number("last_version", entry.LastVersion);
            writer.WriteNumber("events", entry.Events);
            writer.WritePropertyName("old_row");

            // Deeper by a level than the data it holds, which is no reason to check it again.
            writer.WriteRawValue(entry.OldRow is { } row ? TerminalSafeJson.Of(row.Utf8.Span) : "null"u8, skipInputValidation: true);
            writer.WriteString("reason", entry.Reason);
            writer.WriteEndObject();

            void Number(string name, EventVersion? version)
            {
                if (version is { } number)
                {
                    writer.WriteNumber(name, number.Value);
                }
                else
                {
                    writer.WriteNull(name);
                }
            }
        }

        buffer.GetSpan(1)[0] = (byte)'\n';
        buffer.Advance(1);
    }
}
