using SyncKit.EfStore.Ordering;

namespace SyncKit.EfStore.Tests.Ordering;

/// <summary>
/// Random schedules of draws, commits, rollbacks, crashes and looks against a model that knows everything. Rows and locks of one look are read at two
/// moments, and anything may happen in between, as on a server.
/// </summary>
[TestClass]
public sealed class SettledHorizonScheduleTests
{
    private const int Seeds = 400;
    private const int Steps = 400;

    [TestMethod]
    public void Nothing_appears_below_the_mark_and_nothing_ended_holds_it_back()
    {
        var heldBack = 0;
        for (var seed = 0; seed < Seeds; seed++)
        {
            heldBack += new Schedule(seed).Run();
        }

        // The schedules would prove nothing if the mark were always free, or never.
        Assert.IsGreaterThan(Seeds * Steps / 50, heldBack);
    }

    [TestMethod]
    public void A_look_that_reads_the_locks_first_would_be_found_out()
    {
        var lost = Enumerable.Range(0, Seeds).Count(seed =>
        {
            try
            {
                new Schedule(seed) { LocksFirst = true }.Run();
                return false;
            }
            catch (AssertFailedException failure)
            {
                return failure.Message.Contains("appears below the mark", StringComparison.Ordinal);
            }
        });

        Assert.IsGreaterThan(0, lost);
    }

    private sealed class Schedule(int seed)
    {
        private readonly Random _random = new(seed);
        private readonly SettledHorizon _horizon = new();
        private readonly Dictionary<string, List<long>> _open = [];
        private readonly SortedSet<long> _visible = [];
        private readonly Queue _queue = new();
        private DateTime _serverStarted;
        private long _drawn;
        private int _begun;

        internal bool LocksFirst { get; init; }

        internal int Run()
        {
            var heldBack = 0;
            for (var step = 0; step < Steps; step++)
            {
                Act();
                if (_random.Next(3) == 0)
                {
                    Look();
                    heldBack += _horizon.HeldBy is null ? 0 : 1;
                }
            }

            foreach (var holder in _open.Keys.ToList())
            {
                End(holder, commits: _random.Next(2) == 0);
            }

            Look(quietly: true);
            Assert.AreEqual(_visible.DefaultIfEmpty().Max(), _horizon.Mark, $"seed {seed}: everything has ended");
            Assert.IsNull(_horizon.HeldBy);
            return heldBack;
        }

        private void Act()
        {
            switch (_random.Next(20))
            {
                case < 8: // begins, or draws once more
                    var holder = _open.Count > 0 && _random.Next(3) == 0 ? Anyone() : $"{_begun++}/1";
                    _open.TryAdd(holder, []);
                    _open[holder].Add(++_drawn);
                    break;
                case < 15 when _open.Count > 0:
                    End(Anyone(), commits: _random.Next(4) > 0);
                    break;
                case 15 when _open.Count > 0: // the server restarts; who was prepared comes back under another name
                    foreach (var one in _open.Keys.ToList())
                    {
                        _open.Remove(one, out var versions);
                        if (_random.Next(3) == 0)
                        {
                            _open.Add($"-1/{_begun++}", versions!);
                        }
                    }

                    // A crash that the server recovers from by itself does not show in its start time.
                    _serverStarted = _random.Next(2) == 0 ? _serverStarted.AddDays(1) : _serverStarted;
                    _queue.Clear();
                    break;
                case 16:
                    _drawn += _random.Next(40); // jumps after a crash
                    break;
                case 17 when _random.Next(4) == 0:
                    _horizon.Forget();
                    _queue.Clear();
                    break;
                default:
                    break;
            }

            string Anyone() => _open.Keys.ElementAt(_random.Next(_open.Count));
        }

        private void End(string holder, bool commits)
        {
            _open.Remove(holder, out var versions);
            if (commits)
            {
                foreach (var version in versions!)
                {
                    Assert.IsGreaterThan(_horizon.Mark, version, $"seed {seed}: version {version} appears below the mark");
                    _visible.Add(version);
                }
            }
        }

        private void ActBetween(bool anything)
        {
            for (var turn = anything ? _random.Next(6) : 0; turn > 0; turn--)
            {
                Act();
            }
        }

        private void Look(bool quietly = false)
        {
            string[] locks = [.. _open.Keys];
            ActBetween(LocksFirst && !quietly);
            var highest = _visible.DefaultIfEmpty().Max();
            var runEnd = _horizon.Mark;
            while (_visible.Contains(runEnd + 1))
            {
                runEnd++;
            }

            var known = _horizon.Highest > 0 ? $"{_horizon.Highest}" : null;
            if (!LocksFirst)
            {
                ActBetween(!quietly);
                locks = [.. _open.Keys];
            }

            var asksForLocks = runEnd < highest;
            Assert.IsTrue(_horizon.Observe(
                new LogObservation(highest, $"{highest}", known, runEnd, asksForLocks ? locks : null, _serverStarted), default));

            // As good as the queue of all looks, whose entries wait for each of their holders.
            var expected = Math.Max(asksForLocks ? _queue.Look(highest, locks) : highest, runEnd);
            Assert.IsGreaterThanOrEqualTo(expected, _horizon.Mark, $"seed {seed}: held back for nothing");
            if (_horizon.Mark < highest)
            {
                Assert.Contains(_horizon.HeldBy!.Value.VirtualTransaction, locks);
            }
        }
    }

    /// <summary>The plain form of what the horizon does.</summary>
    private sealed class Queue
    {
        private readonly List<(long Highest, HashSet<string> Holders)> _looks = [];
        private long _settled;

        internal long Look(long highest, string[] locks)
        {
            _looks.Add((highest, [.. locks]));
            foreach (var look in _looks)
            {
                look.Holders.IntersectWith(locks);
                _settled = look.Holders.Count == 0 ? Math.Max(_settled, look.Highest) : _settled;
            }

            _looks.RemoveAll(look => look.Holders.Count == 0);
            return _settled;
        }

        internal void Clear() => _looks.Clear();
    }
}
