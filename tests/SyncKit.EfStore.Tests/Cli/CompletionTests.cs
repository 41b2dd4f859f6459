using System.Diagnostics;

namespace SyncKit.EfStore.Tests.Cli;

/// <summary>Completion as bash itself does it, with the script that <c>synckit completion bash</c> prints.</summary>
[TestClass]
public sealed class CompletionTests
{
    [TestMethod]
    [DataRow("synckit sub", "subscriptions")]
    [DataRow("synckit subscriptions parked ", "drop list replay")]
    [DataRow("synckit read --st", "--stream")]
    [DataRow("synckit read --stream \"ä b\" --ty", "--type")]
    [DataRow("synckit import --on-conflict ", "skip stop")]
    [DataRow("synckit import --on-conflict st", "stop")]
    [DataRow("synckit append --expected ", "any exists no-stream")]
    [DataRow("synckit completion ", "bash fish pwsh zsh")]
    [DataRow("synckit stats --", "--connection --exact --help --json --top --verbose")]
    [DataRow("synckit import ", "")] // Files, which bash completes itself.
    [DataRow("synckit nonsense --x \"", "")]
    public async Task Bash_offers(string line, string expected)
    {
        // In bash a completion is: the variables COMP_…, the function that `complete` was told of, and COMPREPLY.
        var script = $$"""
            synckit() { dotnet exec '{{SynckitProcess.Tool}}' "$@"; }
            source <(synckit completion bash)
            [[ $(complete -p synckit) == *'-F _synckit synckit' ]] || exit 3
            COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDS=(synckit)
            _synckit
            printf '%s ' "${COMPREPLY[@]}"
            """;
        var (exitCode, output, error) = await RunAsync("bash", "--noprofile", "--norc", "-c", script, "bash", line);

        Assert.AreEqual((0, ""), (exitCode, error));
        Assert.AreEqual(expected, output.Trim());
    }

    [TestMethod]
    [DataRow("zsh")]
    [DataRow("fish")]
    [DataRow("pwsh")]
    public async Task Every_other_shell_gets_a_script_that_asks_the_tool(string shell)
    {
        var run = await SynckitProcess.RunAsync(null, "completion", shell);

        Assert.AreEqual((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("[suggest:", run.Output);
    }

    [TestMethod]
    [DataRow("[suggest]", "synckit read --limit x")]
    [DataRow("[suggest:x]", "synckit")]
    [DataRow("[suggest:99999]", "synckit erase --version x --stream")]
    public async Task What_cannot_be_completed_is_passed_over_in_silence(string directive, string line)
    {
        var run = await SynckitProcess.RunAsync(null, directive, line);

        Assert.AreEqual("", run.Error);
    }

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, error);
    }
}
