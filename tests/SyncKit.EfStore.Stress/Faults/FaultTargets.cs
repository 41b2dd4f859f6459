namespace SyncKit.EfStore.Stress.Faults;

/// <summary>Every handler that the faults are let loose on.</summary>
internal static class FaultTargets
{
    internal static IReadOnlyList<Func<IFaultTarget>> All { get; } = [() => new ByHandTarget(), () => new NamedTarget()];
}
