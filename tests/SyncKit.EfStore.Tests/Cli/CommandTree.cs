using System.CommandLine;
using System.Text.RegularExpressions;
using SyncKit.EfStore.Cli;

namespace SyncKit.EfStore.Tests.Cli;

/// <summary>Every command of the tool, as the tool itself makes them.</summary>
internal static partial class CommandTree
{
    internal static RootCommand Root { get; } = Tool.Create();

    /// <summary>All but the root, with the words that call them.</summary>
    internal static IReadOnlyList<(string Path, Command Command)> All { get; } = [.. Below(Root, "")];

    /// <summary>Those that do something themselves.</summary>
    internal static IEnumerable<(string Path, Command Command)> Leaves => All.Where(one => one.Command.Subcommands.Count == 0);

    internal static Command Find(string path) => All.Single(one => one.Path == path).Command;

    /// <summary>The members that the help of <c>--json</c> names; those that may be absent end in a question mark. Null without that option.</summary>
    internal static string[]? JsonMembers(Command command) =>
        command.Options.SingleOrDefault(option => option.Name == "--json")?.Description is { } description
            ? MembersText().Match(description).Groups[1].Value.Split(", ")
            : null;

    private static IEnumerable<(string Path, Command Command)> Below(Command command, string path) => command.Subcommands.SelectMany(
        child => Below(child, $"{path}{child.Name} ").Prepend(($"{path}{child.Name}", child)));

    [GeneratedRegex(@"Members[^:]*: (.*)\.$")]
    private static partial Regex MembersText();
}
