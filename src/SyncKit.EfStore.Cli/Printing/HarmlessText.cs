namespace SyncKit.EfStore.Cli.Printing;

/// <summary>Text of others as a terminal may see it: control characters must not reach it as commands, nor break a line in two.</summary>
internal static class HarmlessText
{
    internal static string Of(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '\uFFFD' : c));

    /// <summary>Of several lines, which stay.</summary>
    internal static string OfLines(string text) => string.Concat(text.Select(c => char.IsControl(c) && c is not ('\n' or '\t') ? '\uFFFD' : c));
}
