using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Npgsql;
using SyncKit.EfStore.Hosting;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Tests.Conventions;

/// <summary>The README's tables of options say what the options do: names, defaults, bounds, and what they are in Npgsql.</summary>
[TestClass]
public sealed partial class OptionsTableTests
{
    private const string StoreTable = "| `EventStore:` |";
    private const string SubscriptionTable = "| `EventStore:Subscriptions:<name>:` |";
    private const string HealthTable = "| `EventStore:Health:` |";

    public static IEnumerable<(string Table, string Name)> Options =>
        ((string[])[StoreTable, SubscriptionTable, HealthTable]).SelectMany(table => Rows(table).Select(row => (table, row.Name)));

    [TestMethod]
    [DataRow(StoreTable, typeof(EventStoreOptions))]
    [DataRow(SubscriptionTable, typeof(SubscriptionOptions))]
    [DataRow(HealthTable, typeof(EventStoreHealthOptions))]
    public void A_table_lists_every_option_in_order(string table, Type type) => CollectionAssert.AreEqual(
        type.GetProperties().OrderBy(property => property.MetadataToken).Select(property => property.Name).ToArray(),
        Rows(table).Select(row => row.Name).ToArray());

    [TestMethod]
    [DynamicData(nameof(Options))]
    public void An_options_default_is_that_of_the_table(string table, string name)
    {
        var row = Row(table, name);
        var expected = name switch
        {
            nameof(EventStoreOptions.ConnectionString) => "`ConnectionStrings:EventStore`",
            nameof(EventStoreOptions.ListenerConnectionString) => "`ConnectionString`",
            _ => Text(Property(table, name).GetValue(New(table)), table, row),
        };

        Assert.AreEqual(expected, row.Default);
    }

    [TestMethod]
    [DynamicData(nameof(Options))]
    public void An_options_bounds_are_those_of_the_table(string table, string name)
    {
        var (least, most) = Bounds(table, Row(table, name));
        var type = Nullable.GetUnderlyingType(Property(table, name).PropertyType) ?? Property(table, name).PropertyType;
        Assert.AreEqual(type == typeof(int) || type == typeof(TimeSpan), least is not null, "Numbers and times have bounds, and nothing else.");
        if (least is null)
        {
            return;
        }

        Assert.IsEmpty(Faults(table, name, least));
        Assert.HasCount(1, Faults(table, name, Past(least, -1)));
        if (most is not null)
        {
            Assert.IsEmpty(Faults(table, name, most));
            Assert.HasCount(1, Faults(table, name, Past(most, 1)));
        }
    }

    [TestMethod]
    [DynamicData(nameof(Options))]
    public void An_option_changes_the_keywords_of_the_table_and_no_other(string table, string name)
    {
        var property = Property(table, name);
        if (table != StoreTable || property.PropertyType == typeof(string) || property.PropertyType == typeof(NpgsqlDataSource))
        {
            Assert.AreEqual(0, Row(table, name).Keywords.Length);
            return;
        }

        var (before, after) = (Store(), Store());
        property.SetValue(after, Other(property.GetValue(before), property.PropertyType, Bounds(table, Row(table, name)).Most));

        CollectionAssert.AreEquivalent(
            Row(table, name).Keywords,
            Changed(ConnectionStrings.ForPool(before), ConnectionStrings.ForPool(after))
                .Concat(Changed(ConnectionStrings.ForListener(before)!, ConnectionStrings.ForListener(after)!)).ToArray());

        static EventStoreOptions Store() => new() { ConnectionString = "Host=a" };
    }

    [TestMethod]
    public void The_options_marked_as_reloaded_say_so_themselves()
    {
        var source = RepositoryRoot.Read("src", "SyncKit.EfStore", "Hosting", "EventStoreOptions.cs");
        var documented = ReloadedOption().Matches(source).Select(match => match.Groups[1].Value).ToArray();

        CollectionAssert.AreEqual(documented, Rows(StoreTable).Where(row => row.IsReloaded).Select(row => row.Name).ToArray());
        CollectionAssert.AreEqual(new[] { nameof(EventStoreOptions.BatchSize), nameof(EventStoreOptions.MaxJsonBytes) }, documented);
    }

    private static List<TableRow> Rows(string table)
    {
        var lines = RepositoryRoot.Read("README.md").Split('\n').SkipWhile(line => !line.StartsWith(table, StringComparison.Ordinal)).Skip(2);
        return [.. lines.TakeWhile(line => line.StartsWith('|')).Select(TableRow.Parse)];
    }

    private static TableRow Row(string table, string name) => Rows(table).Single(row => row.Name == name);

    private static object New(string table) => table switch
    {
        StoreTable => new EventStoreOptions(),
        HealthTable => new EventStoreHealthOptions(),
        _ => new SubscriptionOptions(),
    };

    private static PropertyInfo Property(string table, string name) => New(table).GetType().GetProperty(name)!;

    private static string Text(object? value, string table, TableRow row) => value switch
    {
        null when row.Keywords is [var keyword] => $"Npgsql's {Text(NpgsqlDefault(keyword, Property(table, row.Name).PropertyType), table, row)}",
        null when table == SubscriptionTable => "the store's",
        null => "none",
        bool flag => flag ? "true" : "false",
        int number => number.ToString("N0", CultureInfo.InvariantCulture),
        TimeSpan time => Text(time),
        Enum one => one.ToString(),
        SubscriptionFilter filter when filter == new SubscriptionFilter() => "all",
        SubscriptionStart start when start == SubscriptionStart.Beginning => "Beginning",
        IEnumerable list when !list.Cast<object>().Any() => "none",
        _ => throw new AssertFailedException($"The table has no word for '{value}'."),
    };

    private static object NpgsqlDefault(string keyword, Type type)
    {
        var number = (int)new NpgsqlConnectionStringBuilder()[keyword];
        return type == typeof(TimeSpan?) ? TimeSpan.FromSeconds(number) : number;
    }

    private static string Text(TimeSpan time) => time switch
    {
        { TotalHours: >= 24 } => $"{time.TotalDays} d",
        { TotalMinutes: >= 60 } => $"{time.TotalHours} h",
        { TotalSeconds: >= 60 } => $"{time.TotalMinutes} min",
        { TotalMilliseconds: >= 1000 or 0 } => $"{time.TotalSeconds} s",
        _ => $"{time.TotalMilliseconds} ms",
    };

    private static (object? Least, object? Most) Bounds(string table, TableRow row)
    {
        const string OrMore = " or more";
        if (row.Bounds.Length == 0)
        {
            return (null, null);
        }

        var ends = row.Bounds.Replace(OrMore, "", StringComparison.Ordinal).Split(" – ");
        return (Value(ends[0]), row.Bounds.EndsWith(OrMore, StringComparison.Ordinal) ? null : Value(ends[1]));

        // A number, a time with its unit, or another option, whose default it is then.
        object Value(string text) => text switch
        {
            ['`', .. var other, '`'] => Property(table, other).GetValue(New(table)) ?? NpgsqlDefault(Row(table, other).Keywords[0], typeof(int)),
            _ when text.Split(' ') is [var number, var unit] => double.Parse(number, CultureInfo.InvariantCulture) * (unit switch
            {
                "ms" => TimeSpan.FromMilliseconds(1),
                "s" => TimeSpan.FromSeconds(1),
                "min" => TimeSpan.FromMinutes(1),
                "h" => TimeSpan.FromHours(1),
                "d" => TimeSpan.FromDays(1),
                _ => throw new AssertFailedException($"'{unit}' is no unit of time."),
            }),
            _ => int.Parse(text, NumberStyles.AllowThousands, CultureInfo.InvariantCulture),
        };
    }

    private static object Past(object bound, int direction) =>
        bound is TimeSpan time ? time + TimeSpan.FromMilliseconds(direction) : (int)bound + direction;

    private static object Other(object? value, Type type, object? most) => value switch
    {
        bool flag => !flag,
        Enum => Enum.GetValues(type).Cast<object>().First(one => !one.Equals(value)),
        _ => most ?? 7,
    };

    private static string[] Faults(string table, string name, object value)
    {
        var options = New(table);
        Property(table, name).SetValue(options, value);
        if (options is EventStoreOptions store)
        {
            store.ConnectionString = "Host=a";
        }

        var faults = options switch
        {
            EventStoreOptions of => EventStoreOptionsFaults.Of(of),
            SubscriptionOptions of => of.Faults("s", inContext: false),
            _ => ((EventStoreHealthOptions)options).Faults(),
        };
        return [.. faults.Where(fault => fault.StartsWith($"{options.GetType().Name}.{name} ", StringComparison.Ordinal))];
    }

    private static IEnumerable<string> Changed(string before, string after)
    {
        var (one, other) = (new NpgsqlConnectionStringBuilder(before), new NpgsqlConnectionStringBuilder(after));
        return one.Keys.Union(other.Keys).Where(keyword => !Equals(one[keyword], other[keyword]));
    }

    [GeneratedRegex(@"Reloaded\.[^\n]*\n    public \S+ (\w+)")]
    private static partial Regex ReloadedOption();

    /// <param name="Name">Without its quotes.</param>
    /// <param name="IsReloaded">Whether it is marked so.</param>
    /// <param name="Default">As it is written.</param>
    /// <param name="Bounds">As it is written; empty where there are none.</param>
    /// <param name="Keywords">Of the connection string.</param>
    private sealed partial record TableRow(string Name, bool IsReloaded, string Default, string Bounds, string[] Keywords)
    {
        internal static TableRow Parse(string line)
        {
            var cells = line.Trim('|').Split('|', StringSplitOptions.TrimEntries);
            return new TableRow(
                Quoted().Match(cells[0]).Groups[1].Value,
                cells[0].EndsWith("**r**", StringComparison.Ordinal),
                cells[2],
                cells[3],
                cells.Length > 4 ? [.. Quoted().Matches(cells[4]).Select(match => match.Groups[1].Value)] : []);
        }

        [GeneratedRegex("`([^`]+)`")]
        private static partial Regex Quoted();
    }
}
