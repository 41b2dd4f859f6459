using System.Diagnostics;
using System.Text.RegularExpressions;

namespace SyncKit.EfStore.Tests.Cli;

/// <summary>What a terminal is sent, as <c>script</c> records it from a pseudo terminal.</summary>
[TestClass]
public sealed partial class TerminalTests : CliDatabase
{
    [TestMethod]
    [DataRow("TERM=xterm-256color", true)]
    [DataRow("TERM=xterm-256color CLICOLOR=1", true)]
    [DataRow("TERM=xterm-256color NO_COLOR=1", false)]
    [DataRow("TERM=xterm-256color CLICOLOR=0", false)]
    [DataRow("TERM=dumb", false)]
    public async Task Colours_are_for_terminals_that_want_them(string environment, bool coloured)
    {
        await ImportAsync(Lines(3));

        var read = await OnTerminalAsync(environment, "read");
        var doctor = await OnTerminalAsync(environment, "doctor");

        Assert.Contains("s1@1", read);
        Assert.AreEqual(coloured, Colour().IsMatch(read), read);
        Assert.Contains("server-version", doctor);
        Assert.AreEqual(coloured, Colour().IsMatch(doctor), doctor);
        if (environment == "TERM=dumb")
        {
            Assert.DoesNotContain("\u001b", read + doctor);
        }
    }

    [TestMethod]
    public async Task Progress_is_drawn_on_a_terminal_without_colours_where_they_are_not_wanted_and_not_at_all_on_a_dumb_one()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, Lines(3));
        var coloured = await OnTerminalAsync("TERM=xterm-256color", "import", file);
        var plain = await OnTerminalAsync("TERM=xterm-256color NO_COLOR=1", "export", file);
        var dumb = await OnTerminalAsync("TERM=dumb", "export", file);
        File.Delete(file);

        Assert.Contains("importing", coloured);
        Assert.IsTrue(Colour().IsMatch(coloured), coloured);
        Assert.Contains("exporting", plain);
        Assert.IsFalse(Colour().IsMatch(plain), plain);
        Assert.StartsWith("Exported 3 events", dumb);
    }

    [TestMethod]
    public async Task Compressed_data_is_not_for_a_terminal()
    {
        var export = await OnTerminalAsync("TERM=dumb", "export", "--gzip");

        Assert.StartsWith("synckit: Compressed data is nothing for a terminal.", export);
    }

    /// <param name="environment">Variables with their values, between blanks.</param>
    /// <param name="arguments">Without blanks.</param>
    private async Task<string> OnTerminalAsync(string environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("script", ["-qec", $"dotnet exec '{SynckitProcess.Tool}' {string.Join(' ', arguments)}", "/dev/null"])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        foreach (var variable in (string[])["NO_COLOR", "CLICOLOR", "TERM", "COLORTERM"])
        {
            start.Environment.Remove(variable);
        }

        foreach (var variable in environment.Split(' '))
        {
            start.Environment[variable.Split('=')[0]] = variable.Split('=')[1];
        }

        start.Environment["ConnectionStrings__EventStore"] = ConnectionString;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var shown = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return shown;
    }

    /// <summary>A colour of letters or of what is behind them; bold is none.</summary>
    [GeneratedRegex("\u001b\\[(?:\\d+;)*(?:3\\d|4\\d|9\\d|10\\d)(?:;\\d+)*m")]
    private static partial Regex Colour();
}
