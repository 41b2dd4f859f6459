using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using SyncKit.EfStore;
using SyncKit.EfStore.Health;
using SyncKit.EfStore.Hosting;
using SyncKit.EfStore.Subscriptions.Named;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the health of the event store to an application's health checks.</summary>
public static class EventStoreHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds a check each for what may fail by itself: <c>event-store-database</c>, <c>event-store-listener</c>,
    /// <c>event-store-settled-mark</c>, and <c>event-store-subscription-NAME</c> for every named subscription that this process hosts, added
    /// before this or after. All are tagged <c>ready</c>. Those that a restart of the process may mend, the listener and the
    /// subscriptions, are tagged <c>live</c> too.
    /// </summary>
    /// <remarks>
    /// <para>Database: unhealthy where it cannot be reached, or its schema is missing or older than this library.</para>
    /// <para>
    /// Listener: healthy while live; degraded while it connects, reconnects or hears nothing, since observers are served later, not less;
    /// unhealthy once it has failed or is stopped.
    /// </para>
    /// <para>Settled mark: degraded, with the backend that holds it back, from one second on; see <see cref="ISettledMark.Holder"/>.</para>
    /// <para>
    /// Subscription: healthy while live, on standby, catching up or rebuilding; degraded while behind, retrying or paused; unhealthy once
    /// faulted, stopped, or not moving for <see cref="EventStoreHealthOptions.NotMovingAfter"/> with events to handle, though the
    /// database is there.
    /// </para>
    /// <para>The data of each result has the figures: versions, lag, process id, seconds.</para>
    /// </remarks>
    /// <param name="builder">What <c>AddHealthChecks</c> returned.</param>
    /// <param name="configure">Sets the options after <c>Health</c> in the store's configuration section did. Called again, the options add up.</param>
    /// <exception cref="OptionsValidationException">Options are out of bounds; the message lists all.</exception>
    public static IHealthChecksBuilder AddPostgresEventStore(this IHealthChecksBuilder builder, Action<EventStoreHealthOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        // What code says is checked at once; with what configuration says, when the host starts.
        var options = new EventStoreHealthOptions();
        configure?.Invoke(options);
        if (options.Faults() is { Count: > 0 } faults)
        {
            throw new OptionsValidationException(Options.Options.DefaultName, typeof(EventStoreHealthOptions), faults);
        }

        var services = builder.Services;
        if (services.All(service => service.ServiceType != typeof(EventStoreHealthOptions)))
        {
            services.Insert(0, ServiceDescriptor.Singleton<IConfigureOptions<EventStoreHealthOptions>, OptionsFromConfiguration>());
            services.AddSingleton<IValidateOptions<EventStoreHealthOptions>, HealthOptionsValidator>();
            services.AddOptions<EventStoreHealthOptions>().ValidateOnStart();
            services.AddSingleton(provider => provider.GetRequiredService<IOptions<EventStoreHealthOptions>>().Value);
            services.AddOptions<HealthCheckServiceOptions>().Configure<EventStoreHealthOptions, IEnumerable<SubscriptionDefinition>>(Register);
        }

        if (configure is not null)
        {
            services.Configure(configure);
        }

        return builder;
    }

    private static void Register(
        HealthCheckServiceOptions checks, EventStoreHealthOptions options, IEnumerable<SubscriptionDefinition> subscriptions)
    {
        string[] ready = ["ready", "event-store"];
        string[] both = ["ready", "live", "event-store"];
        Add<DatabaseHealthCheck>("database", ready);
        Add<ListenerHealthCheck>("listener", both);
        Add<SettledMarkHealthCheck>("settled-mark", ready);
        foreach (var name in subscriptions.Select(subscription => subscription.Name))
        {
            checks.Registrations.Add(new HealthCheckRegistration(
                $"event-store-subscription-{name}",
                provider => ActivatorUtilities.CreateInstance<SubscriptionHealthCheck>(provider, name),
                failureStatus: null,
                both,
                options.Timeout));
        }

        void Add<TCheck>(string name, string[] tags)
            where TCheck : class, IHealthCheck =>
            checks.Registrations.Add(new HealthCheckRegistration(
                $"event-store-{name}", ActivatorUtilities.GetServiceOrCreateInstance<TCheck>, failureStatus: null, tags, options.Timeout));
    }
}
