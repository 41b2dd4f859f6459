using System.CommandLine.Parsing;

namespace SyncKit.EfStore.Cli;

/// <summary>Where in the tree of commands a command line got to.</summary>
internal static class CommandPath
{
    /// <summary>As it is typed: <c>synckit subscriptions parked list</c>.</summary>
    internal static string Of(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{Of(parent)} {result.Command.Name}" : "synckit";

    /// <summary>What could be meant here or on the way here: commands, or options.</summary>
    internal static IEnumerable<string> Names(CommandResult result, bool options)
    {
        if (!options)
        {
            var commands = result.Command.Subcommands.Select(command => command.Name);
            return result.Parent is CommandResult above ? commands.Concat(Names(above, options)) : commands;
        }

        var own = result.Command.Options.Select(option => option.Name);
        return result.Parent is CommandResult parent ? own.Concat(Inherited(parent)) : own;
    }

    private static IEnumerable<string> Inherited(CommandResult result)
    {
        var passedOn = result.Command.Options.Where(option => option.Recursive).Select(option => option.Name);
        return result.Parent is CommandResult parent ? passedOn.Concat(Inherited(parent)) : passedOn;
    }
}
