using System.CommandLine;
using System.Text.Json;
using SyncKit.EfStore.Cli.Hosting;
using SyncKit.EfStore.Cli.Printing;

namespace SyncKit.EfStore.Cli.Commands;

/// <summary><c>synckit migrate</c></summary>
internal sealed class MigrateCommand : Command, IHasExamples
{
    private readonly Option<bool> _json = CommonOptions.Json("one JSON object on one line, of names", "applied, mended");

    internal MigrateCommand()
        : base("migrate", "Create the event log or bring it up to date; put back what another program changed.")
    {
        Add(_json);
        SetAction(RunAsync);
    }

    public IReadOnlyList<string> Examples =>
    [
        "synckit migrate --connection \"Host=localhost;Username=me;Database=events\"",
        "synckit migrate --json | jq .applied",
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var connectionString = CommonOptions.ConnectionString(parsed);

        // Checks the connection string as every other command does.
        await using var host = StoreHost.Build(connectionString);
        var migration = await EventStoreSchema.MigrateAsync(connectionString, cancellationToken);
        await host.WarnOfPlainTextAsync(cancellationToken);
        if (parsed.GetValue(_json))
        {
            await JsonLine.PrintAsync(
                writer =>
                {
                    Names(writer, "applied", migration.Applied);
                    Names(writer, "mended", migration.Mended);
                },
                cancellationToken);
            return ExitCodes.Done;
        }

        foreach (var name in migration.Applied)
        {
            StandardError.Plain($"applied {name}");
        }

        foreach (var name in migration.Mended)
        {
            StandardError.Plain($"mended {name}");
        }

        StandardError.Plain(migration is { Applied.Count: 0, Mended.Count: 0 } ? "The event log is up to date." : "The event log is now up to date.");
        return ExitCodes.Done;
    }

    private static void Names(Utf8JsonWriter writer, string member, IReadOnlyList<string> names)
    {
        writer.WriteStartArray(member);
        foreach (var name in names)
        {
            writer.WriteStringValue(name);
        }

        writer.WriteEndArray();
    }
}
