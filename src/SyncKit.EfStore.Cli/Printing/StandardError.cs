namespace SyncKit.EfStore.Cli.Printing;

/// <summary>Everything that is not data.</summary>
internal static class StandardError
{
    /// <summary>One line that says who speaks.</summary>
    internal static void Line(string message) => Plain($"synckit: {message.ReplaceLineEndings(" ")}");

    internal static void Plain(string text) => Console.Error.WriteLine(text);
}
