namespace SyncKit.EfStore.Cli.Printing;

/// <summary>Everything that is not data.</summary>
internal static class StandardError
{
    /// <summary>One line that says who speaks.</summary>
    internal static void Line(string message) => Plain($"synckit: {message.ReplaceLineEndings(" ")}");

    // Names, arguments and what a server says are others' words, and a log is looked at on a terminal too.
    internal static void Plain(string text) => Console.Error.WriteLine(HarmlessText.OfLines(text.ReplaceLineEndings("\n")));
}
