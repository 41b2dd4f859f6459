using System.CommandLine;
using SyncKit.EfStore.Cli.Hosting;
using SyncKit.EfStore.Cli.Printing;

namespace SyncKit.EfStore.Cli.Commands;

/// <summary><c>synckit subscriptions</c>: what can be asked of named subscriptions from outside the processes that run them.</summary>
internal sealed class SubscriptionsCommand : Command, IHasExamples
{
    internal SubscriptionsCommand()
        : base("subscriptions", "See and steer named subscriptions, in whatever process they run.")
    {
        Add(new ListCommand());
        Add(Control("pause", "Handle nothing more, once the batch under way has ended.", (all, name, cancellationToken) => all.PauseAsync(name, cancellationToken)));
        Add(Control("resume", "Go on, where it is paused or faulted.", (all, name, cancellationToken) => all.ResumeAsync(name, cancellationToken)));
        Add(new RebuildCommand());
        Add(new ParkedCommand());
    }

    public IReadOnlyList<string> Examples =>
    [
        "synckit subscriptions list",
        "synckit subscriptions pause invoices",
        "synckit subscriptions rebuild invoices --from 0",
        "synckit subscriptions parked list invoices",
        "synckit subscriptions parked replay invoices --version 4711",
    ];

    private static Argument<string> NameOf() => new("name") { Description = "The subscription's name." };

    private static CommandWithExamples Control(string verb, string description, Func<ISubscriptions, string, CancellationToken, Task> act)
    {
        var name = NameOf();
        var command = new CommandWithExamples(verb, description, $"synckit subscriptions {verb} invoices") { name };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var host = StoreHost.Build(parsed);
            await act(host.Subscriptions, parsed.GetValue(name)!, cancellationToken);
            StandardError.Plain($"{verb}: '{parsed.GetValue(name)}' sees it within a third of its lease.");
            return ExitCodes.Done;
        });
        return command;
    }

    private sealed class ListCommand : CommandWithExamples
    {
        private readonly Option<bool> _json = CommonOptions.JsonRows(
            "name, status, checkpoint, lag, parked, owner, error, updated_at, rebuild?");

        internal ListCommand()
            : base(
                "list",
                "Print each subscription: status, checkpoint, lag, parked events, owner.",
                "synckit subscriptions list",
                "synckit subscriptions list --json | jq 'select(.lag > 1000) | .name'")
        {
            Add(_json);
            SetAction(async (parsed, cancellationToken) =>
            {
                await using var host = StoreHost.Build(parsed);
                await SubscriptionLines.PrintAsync(await host.Subscriptions.ListAsync(cancellationToken), parsed.GetValue(_json), cancellationToken);
                return ExitCodes.Done;
            });
        }
    }

    private sealed class RebuildCommand : CommandWithExamples
    {
        internal RebuildCommand()
            : base(
                "rebuild",
                "Handle everything behind a version again. Clear what the handler wrote first.",
                "synckit subscriptions rebuild invoices",
                "synckit subscriptions rebuild invoices --from 4711")
        {
            var name = NameOf();
            var from = CommonOptions.Version("--from", "The last version that counts as handled. Default: 0, everything again.");
            Add(name);
            Add(from);
            SetAction(async (parsed, cancellationToken) =>
            {
                await using var host = StoreHost.Build(parsed);
                await host.Subscriptions.RebuildAsync(parsed.GetValue(name)!, parsed.GetValue(from) ?? EventVersion.Zero, cancellationToken);
                StandardError.Plain($"rebuild: '{parsed.GetValue(name)}' begins again; 'synckit subscriptions list' tells how far it is.");
                return ExitCodes.Done;
            });
        }
    }

    private sealed class ParkedCommand : CommandWithExamples
    {
        internal ParkedCommand()
            : base(
                "parked",
                "See, replay and drop the events a subscription could not handle.",
                "synckit subscriptions parked list invoices",
                "synckit subscriptions parked replay invoices --version 4711",
                "synckit subscriptions parked drop invoices --version 4711")
        {
            var name = NameOf();
            var json = CommonOptions.JsonRows("version, id, aggregate_id, event_type, attempts, error, parked_at, replay_asked");
            var list = new CommandWithExamples(
                "list", "Print the parked events, by version.", "synckit subscriptions parked list invoices --json | jq .error") { name, json };
            list.SetAction(async (parsed, cancellationToken) =>
            {
                await using var host = StoreHost.Build(parsed);
                var parked = await host.Subscriptions.ParkedAsync(parsed.GetValue(name)!, cancellationToken);
                await SubscriptionLines.PrintAsync(parked, parsed.GetValue(json), cancellationToken);
                return ExitCodes.Done;
            });
            Add(list);
            Add(Act(
                "replay",
                "Handle parked events again, stream by stream in order.",
                "Only the stream of the event of this version.",
                (all, name, version, cancellationToken) => all.ReplayParkedAsync(name, version, cancellationToken)));
            Add(Act(
                "drop",
                "Forget parked events: they count as handled.",
                "Only the event of this version.",
                (all, name, version, cancellationToken) => all.DropParkedAsync(name, version, cancellationToken)));
        }

        private static CommandWithExamples Act(
            string verb, string description, string versionDescription, Func<ISubscriptions, string, EventVersion?, CancellationToken, Task<int>> act)
        {
            var name = NameOf();
            var version = CommonOptions.Version("--version", versionDescription + " Default: all.");
            var json = CommonOptions.Json("one JSON object on one line", "subscription, events");
            var command = new CommandWithExamples(
                verb, description, $"synckit subscriptions parked {verb} invoices", $"synckit subscriptions parked {verb} invoices --version 4711")
            {
                name,
                version,
                json,
            };
            command.SetAction(async (parsed, cancellationToken) =>
            {
                await using var host = StoreHost.Build(parsed);
                var count = await act(host.Subscriptions, parsed.GetValue(name)!, parsed.GetValue(version), cancellationToken);
                StandardError.Plain($"{verb}: {count} {(count == 1 ? "event" : "events")}");
                if (parsed.GetValue(json))
                {
                    await JsonLine.PrintAsync(
                        writer =>
                        {
                            writer.WriteString("subscription", parsed.GetValue(name));
                            writer.WriteNumber("events", count);
                        },
                        cancellationToken);
                }

                return ExitCodes.Done;
            });
            return command;
        }
    }
}
