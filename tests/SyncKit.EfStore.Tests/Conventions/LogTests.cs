using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;

namespace SyncKit.EfStore.Tests.Conventions;

/// <summary>An operator's alert on a log line outlives our releases: its id, level and name are what LOGS.md says.</summary>
[TestClass]
public sealed partial class LogTests
{
    [TestMethod]
    public void Every_log_line_has_an_id_of_its_own_and_its_row_in_the_table()
    {
        var lines = Messages().Select(message => $"{message.Attribute.EventId} {message.Attribute.Level} {message.Method.Name}").ToArray();
        var rows = Row().Matches(RepositoryRoot.Read("src", "SyncKit.EfStore", "Diagnostics", "LOGS.md"))
            .Select(row => $"{row.Groups["id"].Value} {row.Groups["level"].Value} {row.Groups["name"].Value}").ToArray();

        Assert.IsGreaterThan(30, lines.Length);
        CollectionAssert.AreEqual(lines.Order(StringComparer.Ordinal).ToArray(), rows.Order(StringComparer.Ordinal).ToArray());
        CollectionAssert.AllItemsAreUnique(Messages().Select(message => message.Attribute.EventId).ToArray());
    }

    [TestMethod]
    public void What_a_log_line_names_is_a_parameter_and_never_a_document()
    {
        foreach (var (method, attribute) in Messages())
        {
            var named = Hole().Matches(attribute.Message).Select(hole => hole.Groups["name"].Value.ToUpperInvariant()).ToHashSet();
            var given = method.GetParameters().Where(parameter => parameter.ParameterType != typeof(ILogger)).ToArray();

            // The exception is a field of its own; everything else is said in the text, and so can be searched for.
            var values = given.Where(parameter => parameter.ParameterType != typeof(Exception)).Select(parameter => parameter.Name!.ToUpperInvariant());
            Assert.IsTrue(named.SetEquals(values), method.Name);
            Assert.DoesNotContain(parameter => parameter.ParameterType == typeof(EventJson) || parameter.ParameterType == typeof(StoredEvent), given);
        }
    }

    private static (MethodInfo Method, LoggerMessageAttribute Attribute)[] Messages() =>
    [
        .. typeof(EventStoreOptions).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Select(method => (method, method.GetCustomAttribute<LoggerMessageAttribute>()!))
            .Where(message => message.Item2 is not null),
    ];

    [GeneratedRegex(@"^\| (?<id>\d+) \| (?<level>\w+) \| `(?<name>\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"\{(?<name>\w+)[^}]*\}")]
    private static partial Regex Hole();
}
