using Microsoft.Extensions.DependencyInjection;
using SyncKit.EfStore.Sqlite;
using SyncKit.EfStore.Tests.Testing;

namespace SyncKit.EfStore.Tests.Sqlite.Mirroring;

/// <summary>A mirror of a test, its two places, and everything it said of its state.</summary>
internal sealed class Mirror : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();
    private readonly List<IAsyncDisposable> _stores = [];
    private readonly Lock _lock = new();
    private readonly List<MirrorStatus> _said = [];
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal MirrorPlace First { get; private set; } = null!;

    internal MirrorPlace Second { get; private set; } = null!;

    internal MirroredEventStore Store { get; private set; } = null!;

    internal MirrorOptions Options { get; private set; } = null!;

    internal string FileOf(string name) => Path.Combine(_folder.Path, $"{name}.db");

    /// <summary>A SQLite file that leads, and a database that follows, or another file.</summary>
    internal static Mirror Start(string? connectionString = null, Action<MirrorOptions>? configure = null, Func<MirrorPlace, MirrorPlace>? first = null)
    {
        var mirror = new Mirror();
        var file = mirror.OpenFile("one");
        mirror.First = first?.Invoke(file) ?? file;
        mirror.Second = connectionString is null ? mirror.OpenFile("two") : mirror.OpenDatabase(connectionString);
        mirror.Options = new MirrorOptions
        {
            StateFile = Path.Combine(mirror._folder.Path, "mirror.json"),
            PollInterval = TimeSpan.FromMilliseconds(20),
            MaxRetryDelay = TimeSpan.FromMilliseconds(100),
        };
        configure?.Invoke(mirror.Options);
        mirror.Open();
        return mirror;
    }

    internal static MirrorPlace PlaceOf(TestStore store)
    {
        var log = store.Services.GetRequiredService<PostgresEventLog>();
        return new MirrorPlace("postgres", store.Events, log, log);
    }

    /// <summary>As when the process ends and another begins.</summary>
    internal async Task ReopenAsync()
    {
        await Store.DisposeAsync();
        Open();
    }

    internal Task<VerifyResult> VerifyAsync() => EventVerifier.VerifyAsync(First.Source, Second.Source);

    internal async Task AssertEqualAsync(long events)
    {
        await Store.WaitUntilFollowedAsync(await Store.GetLatestVersionAsync()).WaitAsync(Patience);
        var result = await VerifyAsync();
        Assert.AreEqual("", string.Join('\n', result.First));
        Assert.IsTrue(result.IsEqual);
        Assert.AreEqual((events, events), (result.FromEvents, result.ToEvents));
    }

    /// <summary>Waits until it is told of a state, after what was said when a number of changes had been.</summary>
    internal async Task<MirrorStatus> UntilAsync(Func<MirrorStatus, bool> isIt, int after = 0)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            Task more;
            lock (_lock)
            {
                if (_said.Skip(after).FirstOrDefault(isIt) is { } found)
                {
                    return found;
                }

                more = _more.Task;
            }

            await more.WaitAsync(patience.Token);
        }
    }

    internal int Said()
    {
        lock (_lock)
        {
            return _said.Count;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        foreach (var store in _stores)
        {
            await store.DisposeAsync();
        }

        _folder.Dispose();
    }

    private void Open()
    {
        Store = new MirroredEventStore(First, Second, Options);
        Store.StatusChanged += (_, status) => Hear(status);
        _ = Store.Status;
    }

    private void Hear(MirrorStatus status)
    {
        TaskCompletionSource more;
        lock (_lock)
        {
            _said.Add(status);
            (more, _more) = (_more, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        more.SetResult();
    }

    private MirrorPlace OpenFile(string name)
    {
        var store = new SqliteEventStore(FileOf(name));
        _stores.Add(store);
        return MirrorPlace.Of(store, name);
    }

    private MirrorPlace OpenDatabase(string connectionString)
    {
        var store = new TestStore(connectionString);
        _stores.Add(store);
        return PlaceOf(store);
    }
}
