namespace SyncKit.EfStore.Cli.Printing;

/// <summary>Text from a database on its way to a terminal.</summary>
internal static class TerminalText
{
    /// <summary>Control characters in it must not reach the terminal as commands, nor break a line in two.</summary>
    internal static string Harmless(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '\uFFFD' : c));
}
