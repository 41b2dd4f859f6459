namespace SyncKit.EfStore.Tests.Contract;

/// <summary>Everything in which one store may differ from another and still keep the contract. What is not named here is the same.</summary>
/// <param name="Name">As a failed test says it.</param>
/// <param name="KeepsJsonText">A document comes back to the letter; otherwise as JSONB keeps it: key order, duplicates and spelling of numbers are lost.</param>
/// <param name="MaxStreamsPerAppend">How many streams one append may touch; null: any number.</param>
/// <param name="JoinsTransactionScope">An append within a TransactionScope is stored when that completes; otherwise it commits for itself.</param>
public sealed record StoreTraits(string Name, bool KeepsJsonText, int? MaxStreamsPerAppend, bool JoinsTransactionScope)
{
    public static readonly StoreTraits Postgres = new("PostgreSQL", KeepsJsonText: false, MaxStreamsPerAppend: 1_000, JoinsTransactionScope: true);

    public static readonly StoreTraits Sqlite = new("SQLite", KeepsJsonText: true, MaxStreamsPerAppend: null, JoinsTransactionScope: false);
}
