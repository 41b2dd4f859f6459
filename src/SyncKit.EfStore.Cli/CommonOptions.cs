using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace SyncKit.EfStore.Cli;

/// <summary>The options that more than one command takes.</summary>
internal static class CommonOptions
{
    internal const string ConnectionVariable = "ConnectionStrings__EventStore";
    /// <summary>What <see cref="EfStore.JsonLines"/> writes of an event.</summary>
    internal const string EventMembers = "version, stream_version, id, aggregate_id, event_type, data?, metadata?, created_at?";

    private const string TraceVariable = "SYNCKIT_TRACE";

    internal static readonly Option<string?> Connection = new("--connection")
    {
        Description = $"Npgsql connection string, such as \"Host=localhost;Username=me;Database=events\". Default: {ConnectionVariable} of the environment.",
        HelpName = "string",
        Recursive = true,
    };

    internal static readonly Option<bool> Verbose = new("--verbose")
    {
        Description = $"Print the stack trace of a failure, as {TraceVariable}=1 does.",
        Recursive = true,
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(TraceVariable) == "1",
    };

    /// <summary>For a command that prints rows, as JSON Lines wherever no terminal is.</summary>
    /// <param name="members">Their names, each with a question mark where it may be absent.</param>
    internal static Option<bool> JsonRows(string members) =>
        new("--json") { Description = $"Print JSON Lines on a terminal too, as in a pipe. {Members(members)}" };

    /// <summary>For a command that tells people what it did or found, unless a program asks.</summary>
    /// <param name="form">Such as <c>one JSON object on one line</c>.</param>
    /// <param name="members">Their names, each with a question mark where it may be absent.</param>
    internal static Option<bool> Json(string form, string members) =>
        new("--json") { Description = $"Print {form}. {Members(members)}" };

    internal static Option<string?> Stream() => new("--stream") { Description = "Only this stream (aggregate_id). Default: all streams.", HelpName = "id" };

    internal static Option<string[]> Types() => new("--type")
    {
        Description = "Only events of this type; give it again for more types. Default: all types.",
        HelpName = "type",
    };

    internal static Option<EventVersion?> Version(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "version",
        CustomParser = result =>
        {
            try
            {
                return EventVersion.Parse(result.Tokens[0].Value);
            }
            catch (InvalidInputException error)
            {
                result.AddError($"{name}: {error.Message}");
                return null;
            }
        },
    };

    /// <summary>Without an offset a time is taken as UTC, whatever the machine's zone: the same command does the same everywhere.</summary>
    internal static Option<DateTimeOffset?> Time(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "time",
        CustomParser = result => ParseTime(name, result),
    };

    internal static Option<long?> Limit(string what) => new("--limit")
    {
        Description = $"At most so many {what}, from 1. Default: all.",
        HelpName = "n",
        CustomParser = ParseLimit,
    };

    internal static string ConnectionString(ParseResult parsed)
    {
        var given = parsed.GetValue(Connection) ?? Environment.GetEnvironmentVariable(ConnectionVariable);
        return string.IsNullOrWhiteSpace(given)
            ? throw new UsageException($"There is no connection string. Give --connection \"Host=…;Database=…\", or set {ConnectionVariable}.")
            : given;
    }

    private static string Members(string members) =>
        $"Members{(members.Contains('?', StringComparison.Ordinal) ? " (? where there is one)" : "")}: {members}.";

    private static long? ParseLimit(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit > 0)
        {
            return limit;
        }

        result.AddError($"--limit must be a whole number from 1; it is '{text}'.");
        return null;
    }

    private static DateTimeOffset? ParseTime(string name, ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (text.Length > 0 && char.IsAsciiDigit(text[0])
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant))
        {
            return instant;
        }

        result.AddError($"{name} must be a date and time such as 2026-11-23T08:30:00Z (UTC unless it has an offset); it is '{text}'.");
        return null;
    }
}
