using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace SyncKit.EfStore.Hosting;

/// <summary>What configuration says of one set of options. A value that cannot be is a fault and leaves its option alone; the others are set.</summary>
/// <param name="sections">The later ones have the last word.</param>
internal sealed class ConfiguredOptions<T>(IReadOnlyList<IConfiguration> sections)
    where T : class, new()
{
    private T? _said;

    /// <summary>What can stand in a configuration: a data source is for code.</summary>
    internal static IEnumerable<PropertyInfo> Properties { get; } =
        [.. typeof(T).GetProperties().Where(property => property.PropertyType != typeof(NpgsqlDataSource))];

    internal void Bind(T options, List<string> faults)
    {
        foreach (var section in sections)
        {
            foreach (var property in Properties)
            {
                var value = section.GetSection(property.Name);
                if (!value.Exists() || IsBareNumber(property, value, faults))
                {
                    continue;
                }

                try
                {
                    Alone(section, value).Bind(options);
                }
                catch (InvalidOperationException error)
                {
                    // The binder names the key, the value and the type it wanted.
                    faults.Add(error.Message);
                }
            }
        }
    }

    /// <summary>The key where an option's value stands; null where code has said it, or nobody.</summary>
    internal string? KeyOf(string property, T options)
    {
        if (sections.LastOrDefault(section => section.GetSection(property).Exists()) is not { } section)
        {
            return null;
        }

        if (_said is null)
        {
            Bind(_said = new T(), []);
        }

        var value = typeof(T).GetProperty(property)!;
        return Equals(value.GetValue(_said), value.GetValue(options)) ? section.GetSection(property).Path : null;
    }

    /// <summary>One value as if nothing else were said: the binder stops at the first that it cannot take.</summary>
    private static IConfiguration Alone(IConfiguration section, IConfigurationSection value)
    {
        var alone = new ConfigurationBuilder().AddInMemoryCollection(value.AsEnumerable().Where(pair => pair.Value is not null)).Build();
        return section is IConfigurationSection { Path: var path } ? alone.GetSection(path) : alone;
    }

    // TimeSpan takes a number without a colon for days, which nobody means who writes 30.
    private static bool IsBareNumber(PropertyInfo property, IConfigurationSection value, List<string> faults)
    {
        if ((Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) != typeof(TimeSpan)
            || value.Value is not { } text
            || text.Contains(':', StringComparison.Ordinal)
            || !TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var days)
            || days == TimeSpan.Zero)
        {
            return false;
        }

        faults.Add($"'{text}' at '{value.Path}' is no time; write {TimeSpan.FromSeconds(days.TotalDays):c} for seconds or {days:c} for days.");
        return true;
    }
}
