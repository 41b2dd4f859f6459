using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using Npgsql;

namespace SyncKit.EfStore.Testing;

/// <summary>
/// Creates, clones and drops the databases of one server. Its own connections are not pooled: they are few,
/// and must neither survive a restart of the server nor keep a template busy.
/// </summary>
internal sealed class DatabaseMaker(string connectionString, bool copyFiles) : IAsyncDisposable
{
    private readonly string _connectionString = Unpooled(connectionString);
    private readonly SemaphoreSlim _templateGate = new(1, 1);
    private readonly ConcurrentDictionary<string, string> _databases = new();
    private string? _template; // Written under _templateGate.

    /// <summary>Whether databases may be left alone when disposed, because they go, or went, with their server.</summary>
    internal volatile bool ServerIsGone;

    internal async Task<PostgresDatabase> CreateMigratedAsync(CancellationToken cancellationToken)
    {
        var template = await TemplateAsync(cancellationToken).ConfigureAwait(false);

        // Measured with fsync off, in memory: copying files takes 20 ms where logging every page (the default since 15) takes 35,
        // and 80 against 210 for eight at once; on a disk they are equals. With fsync on, copying would wait for two checkpoints.
        return await CreateAsync($"TEMPLATE {template}{(copyFiles ? " STRATEGY FILE_COPY" : "")}", cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A copy of <c>template0</c>: what an administrator added to <c>template1</c> must not decide a test.</summary>
    internal Task<PostgresDatabase> CreateEmptyAsync(CancellationToken cancellationToken) =>
        CreateAsync("TEMPLATE template0", cancellationToken);

    internal async Task DropAsync(string name, string databaseConnectionString)
    {
        using (var pooled = new NpgsqlConnection(databaseConnectionString))
        {
            NpgsqlConnection.ClearPool(pooled);
        }

        if (_databases.TryRemove(name, out _) && !ServerIsGone)
        {
            await ExecuteAsync($"DROP DATABASE IF EXISTS {name} WITH (FORCE)", CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Drops whatever is left of what was created here, the template included.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var (name, databaseConnectionString) in _databases)
        {
            await DropAsync(name, databaseConnectionString).ConfigureAwait(false);
        }

        ServerIsGone = true;
        _templateGate.Dispose();
    }

    private async Task<string> TemplateAsync(CancellationToken cancellationToken)
    {
        await _templateGate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return _template ??= await MakeTemplateAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _templateGate.Release();
        }
    }

    private async Task<string> MakeTemplateAsync(CancellationToken cancellationToken)
    {
        var database = await CreateEmptyAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await TemplateSchema.MigrateAsync(Unpooled(database.ConnectionString), cancellationToken).ConfigureAwait(false);

            // A database can be copied only while nobody is connected to it: shut it, then see out whoever is still leaving.
            await ExecuteAsync($"ALTER DATABASE {database.Name} WITH ALLOW_CONNECTIONS false", cancellationToken).ConfigureAwait(false);
            await ExecuteAsync(
                $"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{database.Name}'", cancellationToken)
                .ConfigureAwait(false);
            return database.Name;
        }
        catch
        {
            await database.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task<PostgresDatabase> CreateAsync(string how, CancellationToken cancellationToken)
    {
        var random = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        var name = string.Create(CultureInfo.InvariantCulture, $"synckit_test_{Environment.ProcessId}_{random}");
        var ownConnectionString = new NpgsqlConnectionStringBuilder(connectionString) { Database = name }.ConnectionString;

        // Known before it exists, so that a cancelled CREATE which still went through is dropped in the end.
        _databases[name] = ownConnectionString;
        await ExecuteAsync($"CREATE DATABASE {name} {how}", cancellationToken).ConfigureAwait(false);
        return new PostgresDatabase(this, name, await AllowTruncateAsync(name, ownConnectionString, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>
    /// The log refuses TRUNCATE unless a session says otherwise; what a test resets its database with truncates. Sessions of this database
    /// say so by themselves, whatever their connection string.
    /// </summary>
    private async Task<string> AllowTruncateAsync(string name, string ownConnectionString, CancellationToken cancellationToken)
    {
        try
        {
            await ExecuteAsync($"ALTER DATABASE {name} SET synckit.allow_truncate = 'on'", cancellationToken).ConfigureAwait(false);
            return ownConnectionString;
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            // A server of somebody else's, where only superusers may: then those connections say so that are made as they are told.
            var told = new NpgsqlConnectionStringBuilder(ownConnectionString);
            told.Options = $"{told.Options} -c synckit.allow_truncate=on".TrimStart();
            return _databases[name] = told.ConnectionString;
        }
    }

    /// <summary>Runs one statement. Names in it were all made in <see cref="CreateAsync"/> and need no quoting.</summary>
    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(_connectionString);
        await using (connection.ConfigureAwait(false))
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static string Unpooled(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString;
}
