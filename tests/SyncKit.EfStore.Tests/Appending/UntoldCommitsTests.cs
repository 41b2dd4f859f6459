using System.Globalization;
using SyncKit.EfStore.Appending;

namespace SyncKit.EfStore.Tests.Appending;

[TestClass]
public sealed class UntoldCommitsTests
{
    [TestMethod]
    public void Commits_fold_into_one_range_for_all_and_one_for_each_stream()
    {
        var commits = new UntoldCommits();

        commits.Add([Event("a", 7), Event("b", 8), Event("a", 9)]);
        commits.Add([Event("a", 3)]);

        Assert.AreEqual(new VersionRange(3, 9, 4), commits.All);
        Assert.AreEqual(new VersionRange(3, 9, 3), commits.Streams["a"]);
        Assert.AreEqual(new VersionRange(8, 8, 1), commits.Streams["b"]);
    }

    [TestMethod]
    public void What_was_given_back_folds_with_what_came_since()
    {
        var (older, newer) = (new UntoldCommits(), new UntoldCommits());
        older.Add([Event("a", 1), Event("b", 2)]);
        newer.Add([Event("b", 5)]);

        older.Add(newer);
        older.Add(new UntoldCommits());

        Assert.AreEqual(new VersionRange(1, 5, 3), older.All);
        Assert.AreEqual(new VersionRange(1, 1, 1), older.Streams["a"]);
        Assert.AreEqual(new VersionRange(2, 5, 2), older.Streams["b"]);
    }

    [TestMethod]
    public void Nothing_is_no_range() => Assert.IsNull(new UntoldCommits().All);

    [TestMethod]
    public void Streams_beyond_the_bound_count_in_the_range_for_all_only()
    {
        var commits = new UntoldCommits();
        var streams = Enumerable.Range(1, UntoldCommits.MaxStreams + 1).Select(n => n.ToString(CultureInfo.InvariantCulture)).ToArray();

        commits.Add([.. streams.Select((stream, i) => Event(stream, i + 1))]);
        commits.Add([Event("1", 50_000)]);

        Assert.HasCount(UntoldCommits.MaxStreams, commits.Streams);
        Assert.AreEqual(new VersionRange(1, 50_000, UntoldCommits.MaxStreams + 2), commits.All);
        Assert.AreEqual(new VersionRange(1, 50_000, 2), commits.Streams["1"]);
        Assert.IsFalse(commits.Streams.ContainsKey(streams[^1]));
    }

    private static AppendedEvent Event(string stream, long version) => new("id", stream, new EventVersion(version), 1);
}
