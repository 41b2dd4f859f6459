using System.IO.Compression;
using System.Text;

namespace SyncKit.EfStore.Tests.Cli;

[TestClass]
public sealed class ImportCommandTests : CliDatabase
{
    [TestMethod]
    public async Task Stores_everything_once_and_says_so()
    {
        var first = await ImportAsync(Lines(2_500));
        var second = await ImportAsync(Lines(2_500));

        Assert.AreEqual((0, ""), (first.ExitCode, first.Output));
        Assert.StartsWith("Stored 2500 events into 3 streams, skipped 0 already stored:", first.Error);
        Assert.AreEqual((0, ""), (second.ExitCode, second.Output));
        Assert.StartsWith("Stored nothing: all 2500 events are already stored", second.Error);
    }

    [TestMethod]
    public async Task Goes_on_where_a_broken_line_stopped_it()
    {
        var broken = Lines(16) + "{\"id\":\"e17\"}\n" + Lines(10, from: 18);
        var stopped = await ImportAsync(broken);
        var repaired = await ImportAsync(Lines(27));

        Assert.AreEqual(1, stopped.ExitCode);
        Assert.AreEqual(
            "synckit: Line 17: The aggregate_id must hold 1 to 1024 bytes of UTF-8 without NUL or lone surrogates; it is missing. "
                + "Everything before it is stored: 16 events now, 0 earlier. Correct the line and import the same input again; it goes on from there.\n",
            stopped.Error);
        Assert.AreEqual(0, repaired.ExitCode);
        Assert.StartsWith("Stored 11 events into 3 streams, skipped 16 already stored:", repaired.Error);
    }

    [TestMethod]
    public async Task Knows_gzip_by_its_first_bytes_from_stdin_and_from_a_file()
    {
        var zipped = Gzip(Lines(5));
        var fromPipe = await ImportAsync(zipped);
        var file = Path.GetTempFileName();
        await File.WriteAllBytesAsync(file, zipped);
        var fromFile = await RunAsync("import", file);
        File.Delete(file);

        Assert.StartsWith("Stored 5 events into 3 streams", fromPipe.Error);
        Assert.StartsWith("Stored nothing: all 5 events are already stored", fromFile.Error);
    }

    [TestMethod]
    public async Task Gzip_that_was_cut_off_is_a_failure_even_between_two_lines()
    {
        var cut = await ImportAsync(Gzip(Lines(5))[..^4]);

        Assert.AreEqual(1, cut.ExitCode);
        Assert.StartsWith("synckit: Line 6: The gzip data must be whole and undamaged; it is not. Everything before it is stored: 5 events now", cut.Error);
    }

    [TestMethod]
    public async Task An_empty_input_stores_nothing_and_is_no_failure()
    {
        var import = await ImportAsync("");

        Assert.AreEqual(0, import.ExitCode);
        Assert.StartsWith("Stored 0 events into 0 streams", import.Error);
    }

    [TestMethod]
    public async Task Told_to_stop_it_fails_at_the_first_id_that_is_stored()
    {
        await ImportAsync(Lines(3, from: 3));
        var stopped = await ImportAsync(Lines(5), "--on-conflict", "stop");

        Assert.AreEqual((1, ""), (stopped.ExitCode, stopped.Output));
        Assert.AreEqual(
            "synckit: Line 3: The id 'e3' is already stored. Everything before it is stored: 2 events. "
                + "Correct the input; then import only the rest, or everything, skipping what is stored.\n",
            stopped.Error);
        Assert.HasCount(5, (await RunAsync("read")).Lines);
    }

    [TestMethod]
    public async Task Atomic_it_stores_nothing_or_everything()
    {
        var broken = await ImportAsync(Lines(16) + "{\n", "--atomic");
        var nothing = await RunAsync("read");
        var whole = await ImportAsync(Lines(16), "--atomic");

        Assert.AreEqual(1, broken.ExitCode);
        Assert.Contains("Line 17:", broken.Error);
        Assert.EndsWith("Nothing is stored, since the import is one transaction. Correct the line and import the same input again.\n", broken.Error);
        Assert.AreEqual("", nothing.Output);
        Assert.AreEqual(0, whole.ExitCode);
        Assert.StartsWith("Stored 16 events into 3 streams, skipped 0 already stored:", whole.Error);
    }

    [TestMethod]
    public async Task In_a_pipe_it_shows_no_progress()
    {
        var import = await ImportAsync(Lines(20));

        Assert.HasCount(1, import.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.DoesNotContain("\u001b", import.Error);
    }

    private static byte[] Gzip(string text)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return bytes.ToArray();
    }
}
