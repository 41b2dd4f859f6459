namespace SyncKit.EfStore.Cli.Doctor.Examinations;

/// <summary>Whether the tables have the columns that the migrations made, of their types. Columns that others added are fine where they may stay empty.</summary>
internal sealed class ColumnsExamination : IExamination
{
    private const string ReadSql = """
        SELECT
            relation.name,
            attribute.attname::text,
            format_type(attribute.atttypid, attribute.atttypmod),
            attribute.attnotnull,
            attribute.atthasdef OR attribute.attidentity <> '',
            CASE WHEN attribute.attgenerated = 's' THEN pg_get_expr(filling.adbin, filling.adrelid) ELSE '' END,
            quote_ident(attribute.attname)
        FROM unnest($1) AS relation (name)
        JOIN pg_attribute AS attribute ON attribute.attrelid = to_regclass(relation.name) AND attribute.attnum > 0 AND NOT attribute.attisdropped
        LEFT JOIN pg_attrdef AS filling ON filling.adrelid = attribute.attrelid AND filling.adnum = attribute.attnum
        ORDER BY relation.name, attribute.attnum
        """;

    public string Name => "columns";

    public async Task<Diagnosis> ExamineAsync(Patient patient, CancellationToken cancellationToken)
    {
        if (patient.Schema is not { Pending.Count: 0 })
        {
            return Diagnosis.Skipped("The schema is not the one to compare with, see 'schema'.");
        }

        var found = await patient.QueryAsync(
            ReadSql,
            reader => new Column(
                reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetBoolean(3), reader.GetBoolean(4), reader.GetString(5),
                reader.GetString(6)),
            cancellationToken,
            (object)ExpectedColumn.Tables.ToArray());
        var diagnosis = Diagnosis.Fine("Columns have the types and defaults that the migrations gave them.");

        // A table that is not there at all is told by 'schema-drift'.
        var there = found.ToDictionary(column => (column.Table, column.Name));
        var tables = found.Select(column => column.Table).ToHashSet();
        foreach (var expected in ExpectedColumn.All.Where(column => tables.Contains(column.Table)))
        {
            Judge(diagnosis, expected, there.GetValueOrDefault((expected.Table, expected.Name)));
        }

        var known = ExpectedColumn.All.Select(column => (column.Table, column.Name)).ToHashSet();
        foreach (var column in found.Where(column => column is { IsRequired: true, IsFilled: false } && !known.Contains((column.Table, column.Name))))
        {
            diagnosis.Fault(
                $"Column {column.Table}.{column.Quoted}, which no migration made, is NOT NULL without a default: every INSERT without it fails.",
                $"ALTER TABLE {column.Table} ALTER COLUMN {column.Quoted} DROP NOT NULL;");
        }

        return diagnosis;
    }

    private static void Judge(Diagnosis diagnosis, ExpectedColumn expected, Column? column)
    {
        var name = $"{expected.Table}.{expected.Name}";
        if (column is null)
        {
            var lost = expected.IsRequired && expected.Filling.Length == 0;
            diagnosis.Fault(
                $"Column {name} is missing.",
                lost ? $"Restore {expected.Table} from a backup: what {name} held cannot be made up." : $"{expected.Add} What it held is in a backup only.");
        }
        else if (column.Type != expected.Type && (expected.Type, column.Type) != ("text", "character varying"))
        {
            diagnosis.Fault($"Column {name} has type {column.Type}; expected {expected.Type}.", expected.ChangeType);
        }
        else if (expected.IsStreamName && column.Generated != ExpectedColumn.StreamNameExpression)
        {
            diagnosis.Fault(
                $"Column {name} is not generated from aggregate_id: other programs and notifications miss the streams.", ExpectedColumn.MakeStreamName);
        }

        if (column is { IsRequired: false } && expected.IsRequired)
        {
            diagnosis.Fault($"Column {name} may be NULL; expected NOT NULL.", $"Give rows without it a value, then {expected.Require}");
        }

        // Events of both are stored with a value, whatever their writer leaves out.
        if (column is { IsRequired: true } && expected is { IsRequired: false, Name: not "created_at" and not ExpectedColumn.StreamName })
        {
            diagnosis.Warn(
                $"Column {name} is NOT NULL; expected that it may be NULL: rows without it are refused.",
                $"ALTER TABLE {expected.Table} ALTER COLUMN {expected.Name} DROP NOT NULL;");
        }

        if (column is { IsFilled: false } && expected.Filling.Length > 0)
        {
            diagnosis.Fault($"Column {name} has lost its default.", expected.Fill);
        }
    }

    private sealed record Column(string Table, string Name, string Type, bool IsRequired, bool IsFilled, string Generated, string Quoted);
}
