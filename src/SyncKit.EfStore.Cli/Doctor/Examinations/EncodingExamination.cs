namespace SyncKit.EfStore.Cli.Doctor.Examinations;

/// <summary>Whether the database can hold any text: in other encodings than UTF8 events are refused for single characters.</summary>
internal sealed class EncodingExamination : IExamination
{
    public string Name => "encoding";

    public bool NeedsLog => false;

    public async Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken)
    {
        var encoding = await patient.ReadAsync("SELECT current_setting('server_encoding')", reader => reader.GetString(0), cancellationToken);
        var diagnosis = Diagnosis.Fine("The database's encoding is UTF8.");
        if (encoding != "UTF8")
        {
            diagnosis.Fault(
                $"The database's encoding is {encoding}; expected UTF8. Events with characters that {encoding} lacks are refused.",
                "Dump it, create it anew with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0, and restore the dump there.");
        }

        return diagnosis;
    }
}
