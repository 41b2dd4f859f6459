using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Testing.Faults;

/// <summary>Chance that repeats itself.</summary>
[TestClass]
public sealed class FaultPlanTests
{
    private static readonly Dictionary<FaultKind, int> Mix = new()
    {
        [FaultKind.CutConnections] = 300,
        [FaultKind.TerminateBackend] = 600,
        [FaultKind.SilenceConnections] = 80,
        [FaultKind.CrashServer] = 20,
    };

    [TestMethod]
    public void An_exact_mix_comes_whole_shuffled_and_ends()
    {
        var kinds = Take(new FaultPlan(Mix, 1, TimeSpan.Zero, endless: false), 2_000).ConvertAll(fault => fault.Kind);

        Assert.HasCount(1_000, kinds);
        foreach (var (kind, count) in Mix)
        {
            Assert.AreEqual(count, kinds.Count(planned => planned == kind));
        }

        Assert.IsLessThan(595, kinds.Take(600).Count(kind => kind == FaultKind.TerminateBackend)); // not in the order of the kinds
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void The_same_seed_plans_the_same_and_another_one_does_not(bool endless)
    {
        List<(FaultKind, TimeSpan, int)> Plan(int seed, IEnumerable<KeyValuePair<FaultKind, int>> mix) =>
            Take(new FaultPlan(mix.ToDictionary(), seed, TimeSpan.FromSeconds(1), endless), 500)
                .ConvertAll(fault => (fault.Kind, fault.Pause, fault.Chance.Next()));

        Assert.AreSequenceEqual(Plan(7, Mix), Plan(7, Mix.Reverse()));
        Assert.AreNotSequenceEqual(Plan(7, Mix), Plan(8, Mix));
    }

    [TestMethod]
    public void An_endless_plan_draws_by_weight_and_pauses_as_long_as_asked_on_average()
    {
        var faults = Take(new FaultPlan(Mix, 1, TimeSpan.FromSeconds(1), endless: true), 10_000);

        Assert.HasCount(10_000, faults);
        Assert.AreEqual(6_000, faults.Count(fault => fault.Kind == FaultKind.TerminateBackend), 300);
        Assert.AreEqual(200, faults.Count(fault => fault.Kind == FaultKind.CrashServer), 60);
        Assert.AreEqual(1.0, faults.Average(fault => fault.Pause.TotalSeconds), 0.05);
        Assert.IsTrue(faults.All(fault => fault.Pause >= TimeSpan.Zero && fault.Pause <= TimeSpan.FromSeconds(2)));
    }

    private static List<(FaultKind Kind, TimeSpan Pause, Random Chance)> Take(FaultPlan plan, int most)
    {
        var faults = new List<(FaultKind, TimeSpan, Random)>();
        while (faults.Count < most && plan.Next() is { } fault)
        {
            faults.Add(fault);
        }

        return faults;
    }
}
