namespace SyncKit;

/// <summary>Why a store cannot be used.</summary>
public enum UnavailableReason
{
    /// <summary>No server answers at the configured address, or it is starting up or shutting down.</summary>
    ServerUnreachable,

    /// <summary>The server refused the login: user, password or access rules.</summary>
    AuthenticationFailed,

    /// <summary>The server has no database of that name.</summary>
    DatabaseMissing,

    /// <summary>The database was never provisioned: it has no event log.</summary>
    SchemaMissing,

    /// <summary>The database was provisioned by an older library, or by another program, and lacks what this one needs.</summary>
    SchemaOutdated,

    /// <summary>The role lacks a privilege.</summary>
    PermissionDenied,

    /// <summary>The connection broke or the statement ran out of time. An append happened whole or not at all.</summary>
    ConnectionLost,

    /// <summary>Anything else the server reported.</summary>
    ServerError,

    /// <summary>The server is a standby; the store needs the primary.</summary>
    StandbyServer,

    /// <summary>Versions come from a sequence, or by a default, under which readers would lose events. The message says what to change.</summary>
    OrderUnsafe,

    /// <summary>TLS did not come about: a certificate was not accepted or cannot be read, or the server offers none. The message says what to change.</summary>
    TlsFailed,
}
