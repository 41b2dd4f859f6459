using System.CommandLine;
using Microsoft.Extensions.Options;
using SyncKit.EfStore.Cli.Printing;
using SyncKit.EfStore.Diagnostics;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Cli;

/// <summary>What went wrong → one line on stderr and an exit code.</summary>
internal static class Failures
{
    internal static int ReportUsage(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var errors = parsed.Errors.Select(error => error.Message).Distinct().ToList();

        // Of a misspelt command the parser also says that none was given.
        foreach (var error in parsed.UnmatchedTokens.Count > 0 && command.Subcommands.Count > 0 ? errors.TakeLast(1) : errors)
        {
            StandardError.Line(error + Meant(parsed, error));
        }

        StandardError.Plain($"Try '{CommandPath.Of(parsed.CommandResult)} --help'.");
        return ExitCodes.WrongUsage;
    }

    internal static int Report(Exception error, bool verbose)
    {
        if (StandardOutput.IsClosedPipe(error))
        {
            return ExitCodes.Done;
        }

        if (verbose)
        {
            StandardError.Plain(error.ToString());
        }

        switch (error)
        {
            case OperationCanceledException:
                StandardError.Line("Cancelled.");
                return ExitCodes.Failed;
            case OptionsValidationException options:
                StandardError.Line(string.Join(" ", options.Failures));
                return ExitCodes.WrongUsage;
            case UsageException or InvalidInputException:
                StandardError.Line(error.Message);
                return ExitCodes.WrongUsage;
            case EventStoreException or PostgresUnavailableException or IOException or UnauthorizedAccessException:
                StandardError.Line(error.Message);
                return ExitCodes.Failed;
            default:
                StandardError.Line($"{error.GetType().Name}: {error.Message}");
                return ExitCodes.Failed;
        }
    }

    /// <summary>The name that the word in question was probably to be: after a dash one of an option, else one of a command.</summary>
    private static string Meant(ParseResult parsed, string error)
    {
        var word = parsed.UnmatchedTokens.FirstOrDefault(token => error.Contains($"'{token}'", StringComparison.Ordinal));
        var names = word is null ? [] : CommandPath.Names(parsed.CommandResult, options: word.StartsWith('-'));
        return word is not null && NearestName.Of(word, names) is { } name ? $" Did you mean '{name}'?" : "";
    }
}
