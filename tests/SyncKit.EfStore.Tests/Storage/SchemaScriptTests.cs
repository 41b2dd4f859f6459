using System.Text.RegularExpressions;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Tests.Storage;

/// <summary>What the idempotent script needs of every file: EF puts each into a DO block, where a bare SELECT fails.</summary>
[TestClass]
public sealed partial class SchemaScriptTests
{
    public static IEnumerable<object[]> Scripts =>
        typeof(EventStoreSchema).Assembly.GetManifestResourceNames()
            .Where(name => name.EndsWith(".sql", StringComparison.Ordinal))
            .Select(name => new object[] { name });

    [TestMethod]
    public void There_are_scripts() => Assert.IsGreaterThan(10, Scripts.Count());

    [TestMethod]
    [DynamicData(nameof(Scripts))]
    public void Every_script_ends_its_last_statement(string name) =>
        Assert.EndsWith(";\n", SchemaScripts.Read(name));

    [TestMethod]
    [DynamicData(nameof(Scripts))]
    public void No_script_has_a_bare_select(string name) =>
        Assert.IsEmpty(
            Statements(SchemaScripts.Read(name)).Where(statement => BareSelect().IsMatch(statement)).ToList());

    [TestMethod]
    public void A_bare_select_would_be_found()
    {
        Assert.IsTrue(Statements("-- x\nCREATE TABLE a ();\nselect 1;").Any(statement => BareSelect().IsMatch(statement)));
        Assert.IsFalse(Statements("DO $a$ BEGIN x; SELECT 1; END $a$;").Any(statement => BareSelect().IsMatch(statement)));
    }

    /// <summary>The statements, comments and what stands between dollar quotes left out.</summary>
    private static IEnumerable<string> Statements(string script) =>
        DollarQuoted().Replace(Comment().Replace(script, ""), "''").Split(';').Select(statement => statement.Trim());

    [GeneratedRegex(@"\A(SELECT|WITH|VALUES|TABLE)\b", RegexOptions.IgnoreCase)]
    private static partial Regex BareSelect();

    [GeneratedRegex("--.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"(\$\w*\$).*?\1", RegexOptions.Singleline)]
    private static partial Regex DollarQuoted();
}
