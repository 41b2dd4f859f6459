namespace SyncKit.EfStore;

/// <summary>Something about the schema that has to be changed by hand.</summary>
/// <param name="Problem">What is wrong; a sentence.</param>
/// <param name="Remedy">What to do: the SQL to run, and where needed what to do after it.</param>
public sealed record SchemaFault(string Problem, string Remedy)
{
    /// <summary>Both in one line.</summary>
    public override string ToString() => $"{Problem} Run: {Remedy}";
}
