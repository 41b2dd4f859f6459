using System.CommandLine;
using System.CommandLine.Help;
using System.Text.RegularExpressions;
using SyncKit.EfStore.Cli;

namespace SyncKit.EfStore.Tests.Cli;

/// <summary>What the help of every command holds, however many there come to be.</summary>
[TestClass]
public sealed partial class HelpTests
{
    public static IEnumerable<string[]> Paths => CommandTree.All.Select(one => new[] { one.Path });

    [TestMethod]
    [DynamicData(nameof(Paths))]
    public void Every_command_shows_what_it_does_and_how(string path)
    {
        var output = new StringWriter();
        var exitCode = CommandTree.Root.Parse($"{path} --help").Invoke(new InvocationConfiguration { Output = output });

        Assert.AreEqual(0, exitCode);
        var help = output.ToString();
        Assert.EndsWith(".", CommandTree.Find(path).Description!);
        Assert.Contains($" {path} ", help.Split("Usage:")[1].Split("Options:")[0]);
        Assert.Contains($"synckit {path}", help.Split("Examples:")[1]);
    }

    [TestMethod]
    [DynamicData(nameof(Paths))]
    public void Every_example_is_a_command_line_that_the_tool_takes(string path)
    {
        var examples = ((IHasExamples)CommandTree.Find(path)).Examples;
        Assert.IsNotEmpty(examples);
        foreach (Match call in examples.SelectMany(example => Call().Matches(example)))
        {
            var words = Word().Matches(call.Value).Select(word => word.Groups.Values.Skip(1).First(group => group.Success).Value);
            var parsed = CommandTree.Root.Parse([.. words.Skip(1)]);
            Assert.IsEmpty(parsed.Errors, $"{call.Value}: {string.Join(" ", parsed.Errors.Select(error => error.Message))}");
        }
    }

    [TestMethod]
    [DynamicData(nameof(Paths))]
    public void Every_argument_is_described_and_every_option_that_takes_a_value_tells_its_default_and_a_number_its_unit(string path)
    {
        var command = CommandTree.Find(path);
        foreach (var argument in command.Arguments)
        {
            Assert.IsFalse(string.IsNullOrWhiteSpace(argument.Description), $"{path} <{argument.Name}>");
        }

        foreach (var option in command.Options.Concat(CommandTree.Root.Options).Where(option => option is not (HelpOption or VersionOption)))
        {
            var description = option.Description ?? "";
            Assert.IsNotEmpty(description, $"{path} {option.Name}");
            if (option.ValueType == typeof(bool))
            {
                continue; // The root's help says that what is not given is off.
            }

            Assert.IsTrue(
                option.Required || option.HasDefaultValue || description.Contains("Default: ", StringComparison.Ordinal),
                $"'{path} {option.Name}' does not tell its default: {description}");
            Assert.IsNotNull(option.HelpName, $"'{path} {option.Name}' does not name its value.");
            if (option.ValueType == typeof(int) || option.ValueType == typeof(long?))
            {
                Assert.IsTrue(Unit().IsMatch(description), $"'{path} {option.Name}' does not tell its unit: {description}");
            }
        }
    }

    [TestMethod]
    public void The_conventions_stand_in_the_help_of_the_tool()
    {
        foreach (var said in new[] { "Data goes to stdout", "0 done, 1 failed, 2 wrong usage", "A switch that is not given is off" })
        {
            Assert.Contains(said, CommandTree.Root.Description!);
        }
    }

    /// <summary>A call of the tool within an example, to the next pipe, redirection, bracket or comment.</summary>
    [GeneratedRegex("""(?<![\w/])synckit (?:'[^']*'|"[^"]*"|[^|#)>'"])*""")]
    private static partial Regex Call();

    [GeneratedRegex("""'([^']*)'|"([^"]*)"|([^\s'"]+)""")]
    private static partial Regex Word();

    [GeneratedRegex(@"\b(events|entries|types|streams|rows|s|ms|min|bytes|MiB)\b")]
    private static partial Regex Unit();
}
