namespace SyncKit.EfStore.Cli.Doctor;

/// <summary>One setting that is stored in the server.</summary>
/// <param name="Whose">"every role", or "role" and its name.</param>
/// <param name="Reset">The SQL that takes it back.</param>
/// <param name="Name">In lower case.</param>
/// <param name="Value">In lower case.</param>
internal sealed record StoredSetting(string Whose, string Reset, string Name, string Value)
{
    internal bool IsOff => Value is "off" or "false" or "no" or "0" or "f" or "n";
}
