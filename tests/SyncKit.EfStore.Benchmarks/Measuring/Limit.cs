using System.Globalization;

namespace SyncKit.EfStore.Benchmarks.Measuring;

/// <summary>What a ratio must reach, or must not exceed. Compared as measured, never rounded first.</summary>
internal readonly record struct Limit
{
    private readonly bool _atLeast;
    private readonly double _value;

    private Limit(bool atLeast, double value)
    {
        _atLeast = atLeast;
        _value = value;
    }

    /// <summary>For ratios of throughput.</summary>
    internal static Limit AtLeast(double value) => new(true, value);

    /// <summary>For ratios of time or memory.</summary>
    internal static Limit AtMost(double value) => new(false, value);

    /// <summary>False for what is no number.</summary>
    internal bool Holds(double ratio) => double.IsFinite(ratio) && (_atLeast ? ratio >= _value : ratio <= _value);

    /// <summary>Such as <c>&gt;= 0.90</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(_atLeast ? ">=" : "<=")} {_value:0.00}");
}
