namespace SyncKit.EfStore.Diagnostics;

/// <summary>The bounds of an option, for every set of options: says what is wrong, expected against actual. An option left at null is not checked.</summary>
internal static class OptionRange
{
    internal static void Check<T>(List<string> faults, string option, T? value, T least, T most)
        where T : struct, IComparable<T>
    {
        if (value is { } given && (given.CompareTo(least) < 0 || given.CompareTo(most) > 0))
        {
            faults.Add($"{option} must be from {least} to {most}; it is {given}.");
        }
    }
}
