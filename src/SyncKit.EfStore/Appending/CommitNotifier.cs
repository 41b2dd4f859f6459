using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;
using SyncKit.EfStore.Diagnostics;
using SyncKit.EfStore.Storage;

namespace SyncKit.EfStore.Appending;

/// <summary>
/// Tells of commits after they happened, in mode AfterCommit. One send is under way at most; what is committed meanwhile goes with the next.
/// A transaction that only notifies writes nothing to flush, so it holds the cluster-wide notify lock for microseconds.
/// </summary>
/// <remarks>
/// Idle → (a commit) → sending → (more was committed) → sending … → (nothing is left, or the send failed) → idle. A failed send goes with
/// the next commit: the poll of the observers covers for it until then. Safe for any number of threads.
/// </remarks>
internal sealed class CommitNotifier : IAsyncDisposable, IDisposable
{
    // Channels are the server's to name: the functions of the schema have the rule for long stream names.
    private const string Sql = $$"""
        SELECT pg_notify(
            coalesce({{SchemaNames.StreamChannelFunction}}('{{SchemaNames.StreamNamePrefix}}' || told.stream), '{{SchemaNames.GlobalChannel}}'),
            format('{"first_version":%s,"last_version":%s,"count":%s}', told.first, told.last, told.count))
        FROM unnest($1, $2, $3, $4) AS told (stream, first, last, count)
        """;

    private static readonly TimeSpan LastSend = TimeSpan.FromSeconds(2);

    private readonly EventStoreConnections _connections;
    private readonly NotifyMode _mode;
    private readonly TimeProvider _time;
    private readonly ILogger<CommitNotifier> _logger;
    private readonly CancellationTokenSource _stopping = new();

    // Shared by all threads, under _lock.
    private readonly Lock _lock = new();
    private UntoldCommits _untold = new();
    private bool _isSending;
    private bool _isDisposed;
    private Task _loop = Task.CompletedTask;

    // Owned by the loop.
    private bool _isFailing;

    public CommitNotifier(
        EventStoreConnections connections, IOptions<EventStoreOptions> options, TimeProvider time, ILogger<CommitNotifier> logger)
    {
        _connections = connections;
        _mode = options.Value.NotifyMode;
        _time = time;
        _logger = logger;
    }

    /// <summary>Whether the store's own transactions keep the notify trigger back.</summary>
    internal bool Quiet => _mode != NotifyMode.Trigger;

    /// <summary>Takes note of what is committed for sure, where it is to be told. Never blocks and never throws.</summary>
    internal void Committed(IReadOnlyList<AppendedEvent> events)
    {
        if (_mode != NotifyMode.AfterCommit || events.Count == 0)
        {
            return;
        }

        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            _untold.Add(events);
            if (!_isSending)
            {
                _isSending = true;
                _loop = Task.Run(SendAllAsync);
            }
        }
    }

    /// <summary>Tells what was committed, for two seconds at most.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!EndCommits())
        {
            return;
        }

        using var waiting = new CancellationTokenSource();
        await Task.WhenAny(_loop, Task.Delay(LastSend, _time, waiting.Token)).ConfigureAwait(false);
        await waiting.CancelAsync().ConfigureAwait(false);
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _stopping.Dispose();
    }

    /// <summary>For a container that is disposed synchronously: does not wait for what is still to be told.</summary>
    public void Dispose()
    {
        if (EndCommits())
        {
            _stopping.Cancel();
        }
    }

    private bool EndCommits()
    {
        lock (_lock)
        {
            var first = !_isDisposed;
            _isDisposed = true;
            return first;
        }
    }

    private async Task SendAllAsync()
    {
        while (Take() is { } commits)
        {
            try
            {
                await SendAsync(commits).ConfigureAwait(false);
                if (_isFailing)
                {
                    _isFailing = false;
                    Log.CommitsToldAgain(_logger, _connections.Target);
                }
            }
            catch (Exception error)
            {
                Failed(error);
                if (!GiveBack(commits))
                {
                    return;
                }
            }
        }
    }

    private async Task SendAsync(UntoldCommits commits)
    {
        // The range for all has no stream.
        string?[] streams = [null, .. commits.Streams.Keys];
        VersionRange[] ranges = [commits.All!.Value, .. commits.Streams.Values];

        await using var connection = await _connections.OpenAsync(_stopping.Token).ConfigureAwait(false);
        await using var command = new NpgsqlCommand(Sql, connection);
        command.Parameters.Add(new NpgsqlParameter<string?[]> { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text, TypedValue = streams });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. ranges.Select(range => range.First)] });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. ranges.Select(range => range.Last)] });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. ranges.Select(range => range.Count)] });
        await command.ExecuteNonQueryAsync(_stopping.Token).ConfigureAwait(false);
    }

    private void Failed(Exception error)
    {
        if (!_isFailing && !_stopping.IsCancellationRequested)
        {
            _isFailing = true;
            var reason = PostgresErrors.Describes(error) ? PostgresErrors.Translate(error, _connections.Target) : error;
            Log.CommitsNotTold(_logger, _connections.Target, reason.Message);
        }
    }

    private UntoldCommits? Take()
    {
        lock (_lock)
        {
            if (_untold.All is null)
            {
                _isSending = false;
                return null;
            }

            var taken = _untold;
            _untold = new UntoldCommits();
            return taken;
        }
    }

    /// <summary>Keeps what could not be told for the next send; false where no commit has come that would be the next.</summary>
    private bool GiveBack(UntoldCommits commits)
    {
        lock (_lock)
        {
            _isSending = _untold.All is not null && !_stopping.IsCancellationRequested;
            commits.Add(_untold);
            _untold = commits;
            return _isSending;
        }
    }
}
