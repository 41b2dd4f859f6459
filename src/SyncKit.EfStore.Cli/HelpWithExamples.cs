using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace SyncKit.EfStore.Cli;

/// <summary>A command that shows how it is used.</summary>
internal interface IHasExamples
{
    /// <summary>Command lines, without the leading indent.</summary>
    IReadOnlyList<string> Examples { get; }
}

/// <summary>The usual help, and below it the command's examples.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var exitCode = help.Invoke(parseResult);
        if (parseResult.CommandResult.Command is IHasExamples command)
        {
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach (var example in command.Examples)
            {
                output.WriteLine($"  {example}");
            }

            output.WriteLine();
        }

        return exitCode;
    }
}
