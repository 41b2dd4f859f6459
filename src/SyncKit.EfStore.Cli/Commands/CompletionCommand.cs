using System.CommandLine;
using SyncKit.EfStore.Cli.Printing;

namespace SyncKit.EfStore.Cli.Commands;

/// <summary><c>synckit completion</c>: a script that asks the tool itself, by its <c>[suggest]</c> directive, at every Tab.</summary>
internal sealed class CompletionCommand : Command, IHasExamples
{
    private readonly Argument<string> _shell = new Argument<string>("shell") { Description = "The shell that the script is for." }
        .AcceptOnlyFromAmong("bash", "zsh", "fish", "pwsh");

    internal CompletionCommand()
        : base("completion", "Print the script that completes commands, options and their values at Tab. The tool must be found by its name.")
    {
        Add(_shell);
        SetAction(RunAsync);
    }

    public IReadOnlyList<string> Examples =>
    [
        "source <(synckit completion bash)                            # in ~/.bashrc",
        "source <(synckit completion zsh)                             # in ~/.zshrc, after compinit",
        "synckit completion fish | source                             # in ~/.config/fish/config.fish",
        "synckit completion pwsh | Out-String | Invoke-Expression     # in $PROFILE",
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        await using var script = typeof(CompletionCommand).Assembly.GetManifestResourceStream($"completion.{parsed.GetValue(_shell)}")!;
        await using var output = StandardOutput.Open();
        await script.CopyToAsync(output, cancellationToken);
        return ExitCodes.Done;
    }
}
