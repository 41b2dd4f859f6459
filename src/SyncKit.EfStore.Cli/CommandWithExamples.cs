using System.CommandLine;

namespace SyncKit.EfStore.Cli;

/// <summary>A command made in a line or two, whose help shows how it is used.</summary>
internal class CommandWithExamples(string name, string description, params string[] examples) : Command(name, description), IHasExamples
{
    public IReadOnlyList<string> Examples => examples;
}
