using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace SyncKit.EfStore.Tests.Appending.DbContexts;

/// <summary>However an application registers its contexts, their saves store events.</summary>
[TestClass]
public sealed class DbContextRegistrationTests
{
    private static Shop _shop = null!;

    [ClassInitialize]
    public static async Task Open(TestContext _) => _shop = await Shop.OpenAsync();

    [ClassCleanup]
    public static async Task Close() => await _shop.DisposeAsync();

    [TestMethod]
    [DataRow("AddDbContext", true)]
    [DataRow("AddDbContext", false)]
    [DataRow("AddDbContextPool", true)]
    [DataRow("AddDbContextPool", false)]
    [DataRow("AddDbContextFactory", true)]
    [DataRow("AddDbContextFactory", false)]
    [DataRow("AddPooledDbContextFactory", true)]
    [DataRow("AddPooledDbContextFactory", false)]
    public async Task The_scopes_store_appends_through_the_scopes_context(string registration, bool contextFirst)
    {
        var services = new ServiceCollection();
        if (contextFirst)
        {
            AddContext(services, registration);
        }

        services.AddPostgresEventStore(_shop.ConnectionString).UseInDbContext<ShopDbContext>().UseInDbContext<ShopDbContext>();
        if (!contextFirst)
        {
            AddContext(services, registration);
        }

        await using var provider = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
        var stream = Sample.Stream();
        for (var place = 0; place < 3; place++)
        {
            await using var scope = provider.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<ShopDbContext>();
            var row = scope.ServiceProvider.GetRequiredService<IEventAppender<ShopDbContext>>().Append(Sample.Event(stream), ExpectedVersion.Exactly(place));
            await db.SaveChangesAsync();
            Assert.AreEqual(place + 1, row.StreamVersion);

            // Left behind in a context that goes back to its pool.
            db.AppendEvents([Sample.Event(stream)], ExpectedVersion.NoStream);
        }

        if (provider.GetService<IDbContextFactory<ShopDbContext>>() is { } factory)
        {
            await using var db = await factory.CreateDbContextAsync();
            db.AppendEvents([Sample.Event(stream)], ExpectedVersion.Exactly(3));
            await db.SaveChangesAsync();
            db.AppendEvents([Sample.Event(stream)], ExpectedVersion.Exactly(3));
            await Assert.ThrowsExactlyAsync<WrongExpectedVersionException>(() => db.SaveChangesAsync());
        }
    }

    [TestMethod]
    public async Task Several_contexts_of_one_application_append_side_by_side()
    {
        var services = new ServiceCollection();
        services.AddPostgresEventStore(_shop.ConnectionString).UseInDbContext<ShopDbContext>().UseInDbContext<OtherDbContext>();
        services.AddDbContext<ShopDbContext>(options => options.UseNpgsql(_shop.ConnectionString));
        services.AddDbContextPool<OtherDbContext>(options => options.UseNpgsql(_shop.ConnectionString));
        await using var provider = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
        await using var scope = provider.CreateAsyncScope();
        var stream = Sample.Stream();

        scope.ServiceProvider.GetRequiredService<IEventAppender<ShopDbContext>>().Append([Sample.Event(stream)]);
        scope.ServiceProvider.GetRequiredService<IEventAppender<OtherDbContext>>().Append([Sample.Event(stream)], ExpectedVersion.StreamExists);

        await Assert.ThrowsExactlyAsync<WrongExpectedVersionException>(
            () => scope.ServiceProvider.GetRequiredService<OtherDbContext>().SaveChangesAsync());
        await scope.ServiceProvider.GetRequiredService<ShopDbContext>().SaveChangesAsync();
        await scope.ServiceProvider.GetRequiredService<OtherDbContext>().SaveChangesAsync();
        CollectionAssert.AreEqual((long[])[1, 2], await _shop.StreamVersionsAsync(stream));
    }

    [TestMethod]
    public async Task The_limit_of_the_options_holds()
    {
        var services = new ServiceCollection();
        services.AddPostgresEventStore(options => (options.ConnectionString, options.MaxJsonBytes) = (_shop.ConnectionString, 1_024))
            .UseInDbContext<ShopDbContext>();
        services.AddDbContext<ShopDbContext>(options => options.UseNpgsql(_shop.ConnectionString));
        await using var provider = services.BuildServiceProvider();
        await using var scope = provider.CreateAsyncScope();
        var events = scope.ServiceProvider.GetRequiredService<IEventAppender<ShopDbContext>>();

        Assert.ThrowsExactly<InvalidInputException>(() => events.Append(EventData.FromObject("stream", "Large", new string('x', 1_024))));
    }

    [TestMethod]
    public void A_context_for_design_time_needs_no_connection_string_of_the_store()
    {
        var services = new ServiceCollection();
        services.AddPostgresEventStore().UseInDbContext<ShopDbContext>();
        services.AddDbContext<ShopDbContext>(options => options.UseNpgsql());
        using var provider = services.BuildServiceProvider();
        using var scope = provider.CreateScope();

        Assert.IsNotNull(scope.ServiceProvider.GetRequiredService<ShopDbContext>().Model);
    }

    [TestMethod]
    public void A_context_that_nothing_prepared_is_told_what_to_call()
    {
        var options = new DbContextOptionsBuilder<ShopDbContext>();
        options.UseNpgsql(_shop.ConnectionString);
        using var db = new ShopDbContext(options.Options);

        var refused = Assert.ThrowsExactly<InvalidOperationException>(() => db.AppendEvents([Sample.Event("stream")]));

        Assert.AreEqual(
            "'ShopDbContext' is not set up to append events. Call UseInDbContext<ShopDbContext>() behind AddPostgresEventStore, "
                + "or UseEventStore() on the options of a context made by hand.",
            refused.Message);
    }

    private static void AddContext(IServiceCollection services, string registration) => _ = registration switch
    {
        "AddDbContext" => services.AddDbContext<ShopDbContext>(Configure),
        "AddDbContextPool" => services.AddDbContextPool<ShopDbContext>(Configure, poolSize: 1),
        "AddDbContextFactory" => services.AddDbContextFactory<ShopDbContext>(Configure),
        _ => services.AddPooledDbContextFactory<ShopDbContext>(Configure, poolSize: 1),
    };

    private static void Configure(DbContextOptionsBuilder options) => options.UseNpgsql(_shop.ConnectionString);

    private sealed class OtherDbContext(DbContextOptions<OtherDbContext> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.MapEvents();
    }
}
