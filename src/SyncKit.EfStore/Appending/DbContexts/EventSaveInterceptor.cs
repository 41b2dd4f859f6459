using System.Data.Common;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Npgsql;
using SyncKit.EfStore.Diagnostics;

namespace SyncKit.EfStore.Appending.DbContexts;

/// <summary>
/// Follows each SaveChanges that inserts events: sees that it has a transaction → checks the streams before the first batch of each attempt
/// → turns a failure into our exception. Shared by all contexts; what it knows of a save hangs on the save's own context.
/// </summary>
internal sealed class EventSaveInterceptor(Func<int> maxJsonBytes, Func<EventStoreMetrics> metrics, Func<EventStoreTracing> tracing)
    : ISaveChangesInterceptor, IDbCommandInterceptor
{
    // From SavingChanges to SavedChanges, SaveChangesFailed or SaveChangesCanceled.
    private static readonly ConditionalWeakTable<DbContext, EventSave> Saves = [];

    internal int MaxJsonBytes => maxJsonBytes();

    /// <summary>The one installed in these options; null where none is.</summary>
    internal static EventSaveInterceptor? Find(IDbContextOptions options) =>
        options.FindExtension<CoreOptionsExtension>()?.Interceptors?.OfType<EventSaveInterceptor>().FirstOrDefault();

    public InterceptionResult<int> SavingChanges(DbContextEventData eventData, InterceptionResult<int> result)
    {
        Begin(eventData.Context!);
        return result;
    }

    public ValueTask<InterceptionResult<int>> SavingChangesAsync(
        DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        Begin(eventData.Context!);
        return ValueTask.FromResult(result);
    }

    public InterceptionResult<DbDataReader> ReaderExecuting(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result)
    {
        if (Prepare(command, eventData) is { } save)
        {
            Completed(BeforeBatchAsync(command, save, async: false, CancellationToken.None));
        }

        return result;
    }

    public async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
    {
        if (Prepare(command, eventData) is { } save)
        {
            await BeforeBatchAsync(command, save, async: true, cancellationToken).ConfigureAwait(false);
        }

        return result;
    }

    public int SavedChanges(SaveChangesCompletedEventData eventData, int result)
    {
        Saved(eventData.Context!);
        return result;
    }

    public ValueTask<int> SavedChangesAsync(SaveChangesCompletedEventData eventData, int result, CancellationToken cancellationToken = default)
    {
        Saved(eventData.Context!);
        return ValueTask.FromResult(result);
    }

    public void SaveChangesCanceled(DbContextEventData eventData) => End(eventData.Context!);

    public Task SaveChangesCanceledAsync(DbContextEventData eventData, CancellationToken cancellationToken = default)
    {
        End(eventData.Context!);
        return Task.CompletedTask;
    }

    public void SaveChangesFailed(DbContextErrorEventData eventData)
    {
        if (End(eventData.Context!, eventData.Exception) is { } save)
        {
            Completed(ThrowOursAsync(eventData, save, async: false, CancellationToken.None));
        }
    }

    public async Task SaveChangesFailedAsync(DbContextErrorEventData eventData, CancellationToken cancellationToken = default)
    {
        if (End(eventData.Context!, eventData.Exception) is { } save)
        {
            await ThrowOursAsync(eventData, save, async: true, cancellationToken).ConfigureAwait(false);
        }
    }

    private void Begin(DbContext context)
    {
        // One that is left over was given up before EF Core began to save.
        End(context);
        var rows = PendingEvents.Of(context);
        if (rows.Count > 0)
        {
            var save = new EventSave(context, rows);
            save.Begin();
            Trace(save);
            Saves.Add(context, save);
        }
    }

    private void Trace(EventSave save)
    {
        var caller = Activity.Current;
        if (tracing() is var spans && spans.Concerns(caller))
        {
            save.Span = spans.StartAppend(save.Streams, save.Rows.Count);
            Activity.Current = caller; // Who calls SaveChanges keeps his own: what is set in here may reach him, and its end may not.
            if (spans.Stamp(save.Span, caller) is { } trace)
            {
                PendingEvents.AddTrace(save, trace);
            }
        }
    }

    private void Saved(DbContext context)
    {
        if (End(context) is { } save)
        {
            metrics().Saved(save.Rows.Count);
        }
    }

    private static EventSave? End(DbContext context, Exception? error = null)
    {
        if (Saves.Remove(context, out var save))
        {
            save.End(error);
        }

        return save;
    }

    /// <summary>Makes a batch of a save with events ready to send; null where it is none.</summary>
    private static EventSave? Prepare(DbCommand command, CommandEventData eventData)
    {
        if (eventData is not { CommandSource: CommandSource.SaveChanges, Context: { } context } || !Saves.TryGetValue(context, out var save))
        {
            return null;
        }

        foreach (DbParameter parameter in command.Parameters)
        {
            // As it stands: Npgsql would serialize it again, and no deeper than 64 levels.
            if (parameter.Value is JsonElement json)
            {
                parameter.Value = JsonMarshal.GetRawUtf8Value(json).ToArray();
            }
        }

        return save;
    }

    private static async ValueTask BeforeBatchAsync(DbCommand command, EventSave save, bool async, CancellationToken cancellationToken)
    {
        await TriggerPlans.KeepAsync((NpgsqlConnection)command.Connection!, async, cancellationToken).ConfigureAwait(false);
        if (save.MustCheck())
        {
            await CheckAsync(command, save, async, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async ValueTask CheckAsync(DbCommand command, EventSave save, bool async, CancellationToken cancellationToken)
    {
        var connection = (NpgsqlConnection)command.Connection!;
        var statements = SaveStatements.For(save.Context);
        (save.Heads, var idTaken) = await statements
            .LockAndReadAsync(connection, save, command.CommandTimeout, async, cancellationToken).ConfigureAwait(false);
        var stored = idTaken
            ? await statements.LookUpAsync(connection, save, async, cancellationToken).ConfigureAwait(false)
            : new StoredPart(save.Heads, [], []);
        if (stored.Refusal(save, cause: null) is { } refusal)
        {
            throw refusal;
        }
    }

    private async ValueTask ThrowOursAsync(
        DbContextErrorEventData eventData, EventSave save, bool async, CancellationToken cancellationToken)
    {
        if (await SaveFailure.ExplainAsync(eventData.Context!, save, eventData.Exception, async, cancellationToken).ConfigureAwait(false) is { } ours)
        {
            if (ours is WrongExpectedVersionException)
            {
                metrics().Conflict();
            }

            ExceptionDispatchInfo.Throw(ours);
        }
    }

    /// <summary>Of a call with <c>async: false</c>, which has completed when it returns.</summary>
    private static void Completed(ValueTask done) => done.GetAwaiter().GetResult();
}
