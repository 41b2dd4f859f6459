namespace SyncKit.EfStore.Testing.Sources;

/// <summary>What a source gives: a server that accepts connections until disposed.</summary>
internal interface IServerHost : IAsyncDisposable
{
    string ConnectionString { get; }

    /// <summary>Where the server came from, for people: the second half of the description.</summary>
    string Origin { get; }
}
