using Spectre.Console;

namespace SyncKit.EfStore.Cli.Printing;

/// <summary>
/// Stdout and stderr as people want them: bold at most where <c>NO_COLOR</c> is set or <c>CLICOLOR</c> is 0, without any escape sequence
/// where <c>TERM</c> is <c>dumb</c> or nobody looks.
/// </summary>
internal static class Consoles
{
    private static bool IsDumb => Environment.GetEnvironmentVariable("TERM") == "dumb";

    private static bool WantsColour =>
        string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) && Environment.GetEnvironmentVariable("CLICOLOR") != "0";

    /// <summary>Whether progress on stderr can be drawn again and again in its place.</summary>
    internal static bool CanRedraw => !Console.IsErrorRedirected && !IsDumb;

    internal static IAnsiConsole ForOutput() => Create(Console.Out, escapes: !Console.IsOutputRedirected && !IsDumb);

    /// <summary>Without colours it still moves the cursor: progress is drawn in its place.</summary>
    internal static IAnsiConsole ForError() => Create(Console.Error, escapes: CanRedraw);

    // A console without escapes takes colours from the terminal by other means, so it is to know of none.
    private static IAnsiConsole Create(TextWriter writer, bool escapes) => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Out = new AnsiConsoleOutput(writer),
        Ansi = escapes ? AnsiSupport.Detect : AnsiSupport.No,
        ColorSystem = escapes && WantsColour ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
    });
}
