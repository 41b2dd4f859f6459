using Microsoft.Extensions.Options;

namespace SyncKit.EfStore.Sqlite.Hosting;

/// <summary>Reports every fault of the options at once: property, bound, actual.</summary>
internal sealed class SqliteEventStoreOptionsValidator : IValidateOptions<SqliteEventStoreOptions>
{
    // For the driver these are no files but databases that each connection has for itself, or settings beside a file's name.
    private const string InMemory = ":memory:";
    private const string Uri = "file:";

    public ValidateOptionsResult Validate(string? name, SqliteEventStoreOptions options)
    {
        var faults = new List<string>();
        if (string.IsNullOrWhiteSpace(options.Path))
        {
            faults.Add($"{Name(nameof(options.Path))} is not set. Name the SQLite file that holds the events.");
        }
        else if (options.Path.Contains('\0', StringComparison.Ordinal)
            || string.Equals(options.Path, InMemory, StringComparison.OrdinalIgnoreCase)
            || options.Path.StartsWith(Uri, StringComparison.OrdinalIgnoreCase))
        {
            faults.Add($"{Name(nameof(options.Path))} must be the path of a file; it is '{InputRules.Shorten(options.Path)}'.");
        }

        // The upper bound is well below what Polly and the driver take.
        Range(faults, nameof(options.BusyTimeout), options.BusyTimeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1));
        Range(faults, nameof(options.BatchSize), options.BatchSize, 1, 100_000);
        Range(faults, nameof(options.MaxJsonBytes), options.MaxJsonBytes, 1024, 100_000_000);
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    /// <exception cref="OptionsValidationException">An option is out of bounds.</exception>
    internal static void ThrowIfInvalid(SqliteEventStoreOptions options)
    {
        if (new SqliteEventStoreOptionsValidator().Validate(null, options) is { Failed: true } result)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(SqliteEventStoreOptions), result.Failures);
        }
    }

    private static void Range<T>(List<string> faults, string property, T value, T least, T most)
        where T : IComparable<T>
    {
        if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
        {
            faults.Add($"{Name(property)} must be from {least} to {most}; it is {value}.");
        }
    }

    private static string Name(string property) => $"{nameof(SqliteEventStoreOptions)}.{property}";
}
