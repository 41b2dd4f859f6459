namespace SyncKit.EfStore.Cli.Doctor.Examinations;

/// <summary>Whether the server takes writes: the store appends, listens and tells order on the primary alone.</summary>
internal sealed class PrimaryExamination : IExamination
{
    public string Name => "primary";

    public bool NeedsLog => false;

    public async Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken)
    {
        var (standby, readOnly) = await patient.ReadAsync(
            "SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'",
            reader => (reader.GetBoolean(0), reader.GetBoolean(1)),
            cancellationToken);
        var diagnosis = Diagnosis.Fine("The server is a primary and takes writes.");
        if (standby)
        {
            diagnosis.Fault(
                "The server is a standby, where nothing can be appended or listened to and exact order cannot be told.",
                "Connect to the primary; a connection string with several hosts finds it by itself.");
        }
        else if (readOnly)
        {
            diagnosis.Fault(
                "Transactions are read-only (default_transaction_read_only), so that appends are refused.",
                "Reset default_transaction_read_only where it is set: the server, the database, the role or Options in the connection string.");
        }

        return diagnosis;
    }
}
