using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace SyncKit.EfStore.Storage;

/// <summary>Puts the mark of <see cref="OpeningErrors"/> where EF opens the connection.</summary>
internal sealed class OpeningInterceptor : DbConnectionInterceptor
{
    public override void ConnectionFailed(DbConnection connection, ConnectionErrorEventData eventData) =>
        OpeningErrors.Marks(eventData.Exception, connection.ConnectionString);

    public override Task ConnectionFailedAsync(
        DbConnection connection, ConnectionErrorEventData eventData, CancellationToken cancellationToken = default)
    {
        ConnectionFailed(connection, eventData);
        return Task.CompletedTask;
    }
}
