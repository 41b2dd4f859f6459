namespace SyncKit.EfStore.Cli.Printing;

/// <summary>Text of the database's as a terminal may see it: control characters must not reach it as commands, nor break a line in two.</summary>
internal static class HarmlessText
{
    internal static string Of(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '\uFFFD' : c));
}
