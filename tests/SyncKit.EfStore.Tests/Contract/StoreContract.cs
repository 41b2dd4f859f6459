namespace SyncKit.EfStore.Tests.Contract;

/// <summary>
/// What every <see cref="IEventStore"/> keeps. Each part of the contract derives from this, and each store runs each part by a class of two
/// lines in <c>Contracts.cs</c>, on a log of its own. The tests of one such class share that log, and take streams of their own.
/// </summary>
/// <typeparam name="TFixture">The store.</typeparam>
/// <typeparam name="TPart">The part itself: a log belongs to one part and one store.</typeparam>
public abstract class StoreContract<TFixture, TPart>
    where TFixture : class, IStoreFixture, new()
    where TPart : StoreContract<TFixture, TPart>
{
    private static TFixture? _fixture;
    private static IEventStore? _store;

    public required TestContext TestContext { get; set; }

    protected static TFixture Fixture => _fixture!;

    protected static IEventStore Store => _store!;

    protected static StoreTraits Traits => Fixture.Traits;

    protected CancellationToken Token => TestContext.CancellationToken;

    [ClassInitialize(InheritanceBehavior.BeforeEachDerivedClass)]
    public static async Task OpenLog(TestContext context)
    {
        _fixture = new TFixture();
        await _fixture.StartAsync(context.CancellationToken);
        _store = _fixture.Open();
    }

    [ClassCleanup(InheritanceBehavior.BeforeEachDerivedClass)]
    public static async Task CloseLog() => await Fixture.DisposeAsync();

    protected static Task<List<StoredEvent>> StreamAsync(string aggregateId) => Store.LoadByAggregateAsync(aggregateId).ToListAsync().AsTask();

    protected static IEnumerable<string> Ids(IEnumerable<EventData> events) => events.Select(e => e.Id);

    protected static void AssertSame<T>(IEnumerable<T> expected, IEnumerable<T> actual, string message = "") =>
        CollectionAssert.AreEqual(expected.ToArray(), actual.ToArray(), $"{Traits.Name}: {message}");
}
