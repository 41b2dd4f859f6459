using System.CommandLine;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SyncKit.EfStore.Stress.Folding;
using SyncKit.EfStore.Stress.Processes;

namespace SyncKit.EfStore.Stress.Takeover;

/// <summary>One of the processes that host the subscription. See <see cref="Subscriber"/> for what is said between the two.</summary>
internal sealed class SubscriberCommand : Command
{
    internal const string Verb = "subscriber";
    internal const string Careless = "--careless";
    internal const string Subscription = "takeover";

    private readonly Argument<int> _lease = new("lease") { Description = "The length of the lease in seconds." };
    private readonly Option<bool> _careless = new(Careless) { Description = "Write past the transaction that carries the checkpoint." };

    internal SubscriberCommand()
        : base(Verb, "Host a named subscription in a process of its own; 'takeover' starts it.")
    {
        Hidden = true;
        Add(_lease);
        Add(_careless);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        if (await ChildProgram.ConnectionStringAsync() is not { } connectionString)
        {
            return StressCommand.WrongUsage;
        }

        var points = new HoldPoints(moment => Console.Out.WriteLine($"{Subscriber.Holding}{moment}"));
        await using var host = await StoreHost.StartAsync(
            connectionString, builder => Add(builder, connectionString, points, parsed), cancellationToken);
        using var states = host.Services.GetRequiredService<ISubscriptions>().Get(Subscription).States
            .Subscribe(new Teller());
        await Console.Out.WriteLineAsync(Subscriber.Ready);
        while (await Console.In.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line == Subscriber.GoOn)
            {
                points.GoOn();
            }
            else
            {
                points.Arm(Enum.Parse<Moment>(line));
            }
        }

        points.GoOn();
        return StressCommand.Done;
    }

    private void Add(EventStoreBuilder builder, string connectionString, HoldPoints points, ParseResult parsed)
    {
        builder.Services.AddSingleton(points);
        builder.Services.AddDbContext<FoldContext>(options => options.AddInterceptors(points).UseNpgsql(
            new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = StoreHost.ApplicationName }.ConnectionString));
        if (parsed.GetValue(_careless))
        {
            builder.AddSubscription<CarelessHandler, FoldContext>(Subscription, Configure);
        }
        else
        {
            builder.AddSubscription<HeldHandler, FoldContext>(Subscription, Configure);
        }

        void Configure(SubscriptionOptions options)
        {
            options.LeaseDuration = TimeSpan.FromSeconds(parsed.GetValue(_lease));
            options.BatchSize = 50;
        }
    }

    /// <summary>Says each change of state.</summary>
    private sealed class Teller : IObserver<SubscriptionState>
    {
        public void OnNext(SubscriptionState value) => Console.Out.WriteLine($"{Subscriber.IsNow}{value.Status}");

        public void OnError(Exception error)
        {
        }

        public void OnCompleted()
        {
        }
    }
}
