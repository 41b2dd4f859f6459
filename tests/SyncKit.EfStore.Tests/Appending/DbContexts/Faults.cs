using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;

namespace SyncKit.EfStore.Tests.Appending.DbContexts;

/// <summary>Where a save breaks, once.</summary>
public enum FaultAt
{
    /// <summary>Before the INSERTs are sent.</summary>
    Command,

    /// <summary>The server ends the session before it reads COMMIT.</summary>
    BeforeCommit,

    /// <summary>After COMMIT, whose answer never comes.</summary>
    AfterCommit,
}

/// <summary>Breaks the first save of a context with what Npgsql calls transient.</summary>
internal sealed class Faults(FaultAt at, string connectionString) : IDbCommandInterceptor, IDbTransactionInterceptor
{
    private bool _broken;

    /// <summary>Batches sent.</summary>
    internal int Attempts { get; private set; }

    public ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
    {
        if (eventData.CommandSource == CommandSource.SaveChanges)
        {
            Attempts++;
            if (BreaksNow(FaultAt.Command))
            {
                throw Broken();
            }
        }

        return ValueTask.FromResult(result);
    }

    public async ValueTask<InterceptionResult> TransactionCommittingAsync(
        DbTransaction transaction, TransactionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
    {
        if (BreaksNow(FaultAt.BeforeCommit))
        {
            await using var other = await RawSql.ConnectAsync(connectionString);
            await other.RunAsync("SELECT pg_terminate_backend($1, 10000)", ((NpgsqlConnection)transaction.Connection!).ProcessID);
        }

        return result;
    }

    public Task TransactionCommittedAsync(
        DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default) =>
        BreaksNow(FaultAt.AfterCommit) ? throw Broken() : Task.CompletedTask;

    private static NpgsqlException Broken() => new("Broken by the test.", new IOException());

    private bool BreaksNow(FaultAt here)
    {
        var breaks = here == at && !_broken;
        _broken |= breaks;
        return breaks;
    }
}
