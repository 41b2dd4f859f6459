using Microsoft.Extensions.Options;

namespace SyncKit.EfStore.Sqlite.Mirroring;

/// <summary>Reports every fault of the options at once: property, bound, actual.</summary>
internal sealed class MirrorOptionsValidator : IValidateOptions<MirrorOptions>
{
    public ValidateOptionsResult Validate(string? name, MirrorOptions options)
    {
        var faults = new List<string>();
        if (string.IsNullOrWhiteSpace(options.StateFile))
        {
            faults.Add($"{Name(nameof(options.StateFile))} is not set. Name a file that remembers which place leads.");
        }
        else if (options.StateFile.Contains('\0', StringComparison.Ordinal) || Directory.Exists(options.StateFile))
        {
            faults.Add($"{Name(nameof(options.StateFile))} must be the path of a file; it is '{InputRules.Shorten(options.StateFile)}'.");
        }

        if (!Enum.IsDefined(options.Leader))
        {
            faults.Add($"{Name(nameof(options.Leader))} must be First or Second; it is {(int)options.Leader}.");
        }

        Range(faults, nameof(options.PollInterval), options.PollInterval);
        Range(faults, nameof(options.MaxRetryDelay), options.MaxRetryDelay);
        Range(faults, nameof(options.SwitchTimeout), options.SwitchTimeout);
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    /// <exception cref="OptionsValidationException">An option is out of bounds.</exception>
    internal static void ThrowIfInvalid(MirrorOptions options)
    {
        if (new MirrorOptionsValidator().Validate(null, options) is { Failed: true } result)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(MirrorOptions), result.Failures);
        }
    }

    private static void Range(List<string> faults, string property, TimeSpan value)
    {
        var (least, most) = (TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1));
        if (value < least || value > most)
        {
            faults.Add($"{Name(property)} must be from {least} to {most}; it is {value}.");
        }
    }

    private static string Name(string property) => $"{nameof(MirrorOptions)}.{property}";
}
