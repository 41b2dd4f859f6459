using System.CommandLine;
using System.Globalization;
using SyncKit.EfStore.Stress.Processes;

namespace SyncKit.EfStore.Stress.Reading;

/// <summary>The second process. See <see cref="ReaderProcess"/> for what is said between the two.</summary>
internal sealed class ReaderCommand : Command
{
    internal const string Verb = "reader";

    private readonly Argument<DirectoryInfo> _folder = new("folder") { Description = "Where to write what the readers were given." };

    internal ReaderCommand()
        : base(Verb, "Follow a log in a process of its own; 'order' starts it.")
    {
        Hidden = true;
        Add(_folder);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        if (await ChildProgram.ConnectionStringAsync() is not { } connectionString)
        {
            return StressCommand.WrongUsage;
        }

        await using var readers = await LocalReaders.StartAsync(connectionString, ReaderKinds.Exact(), cancellationToken);
        await Console.Out.WriteLineAsync(ReaderProcess.Ready);
        while (await Console.In.ReadLineAsync(cancellationToken) is { } line)
        {
            var numbers = line.Split(' ');
            await readers.CatchUpAsync(
                int.Parse(numbers[0], CultureInfo.InvariantCulture), long.Parse(numbers[1], CultureInfo.InvariantCulture), cancellationToken);
            await Console.Out.WriteLineAsync(ReaderProcess.CaughtUp);
        }

        await readers.StopAsync(parsed.GetRequiredValue(_folder).FullName);
        return StressCommand.Done;
    }
}
