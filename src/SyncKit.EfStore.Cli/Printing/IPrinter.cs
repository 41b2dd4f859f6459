namespace SyncKit.EfStore.Cli.Printing;

/// <summary>Puts events on stdout, for a program or for a person.</summary>
internal interface IPrinter<in T> : IAsyncDisposable
{
    /// <summary>Prints one; it may stay in a buffer until the next flush.</summary>
    ValueTask PrintAsync(T item, CancellationToken cancellationToken);

    /// <summary>Brings everything printed to where it is seen.</summary>
    Task FlushAsync(CancellationToken cancellationToken);
}
