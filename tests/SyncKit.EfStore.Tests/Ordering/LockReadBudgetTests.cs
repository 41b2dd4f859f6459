using Microsoft.Extensions.Time.Testing;
using SyncKit.EfStore.Ordering;

namespace SyncKit.EfStore.Tests.Ordering;

[TestClass]
public sealed class LockReadBudgetTests
{
    [TestMethod]
    public void The_first_looks_wait_for_nothing_and_the_greediest_reader_gets_no_more_than_fifty_in_any_second()
    {
        var time = new FakeTimeProvider();
        var budget = new LockReadBudget(time);
        var looks = new List<DateTimeOffset>();
        while (looks.Count < 500)
        {
            // Pauses now and then, so that what was saved meanwhile cannot be spent at once either.
            time.Advance(looks.Count % 100 == 99 ? TimeSpan.FromSeconds(3) : TimeSpan.Zero);
            time.Advance(budget.Wait());
            looks.Add(time.GetUtcNow());
            budget.Take();
        }

        Assert.AreEqual(looks[0], looks[4]);
        Assert.IsTrue(looks.All(first => looks.Count(look => look >= first && look < first + TimeSpan.FromSeconds(1)) <= 50));
        Assert.IsLessThan(TimeSpan.FromSeconds(500 / 40.0) + TimeSpan.FromSeconds(15), looks[^1] - looks[0]);
    }
}
