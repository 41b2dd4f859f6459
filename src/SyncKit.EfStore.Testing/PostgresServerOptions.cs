namespace SyncKit.EfStore.Testing;

/// <summary>What <see cref="PostgresServer.StartAsync"/> may use, and how a server that it starts is set up.</summary>
public sealed class PostgresServerOptions
{
    /// <summary>
    /// Whether a server that is started here keeps PostgreSQL's own guarantees against a crash of the machine.
    /// Without them, <c>fsync</c> and <c>full_page_writes</c> are off; <c>synchronous_commit</c> stays on either way,
    /// so a crash of only the server loses nothing.
    /// </summary>
    /// <value>Defaults to <see langword="false"/>: the data is thrown away anyway.</value>
    public bool Durable { get; init; }

    /// <summary>
    /// More server settings, by name, such as <c>wal_level</c> or <c>max_connections</c> (200 unless set here).
    /// <c>port</c>, <c>listen_addresses</c> and <c>unix_socket_directories</c> of a private cluster cannot be changed.
    /// Not applied to a server that <c>ConnectionStrings__EventStore</c> names.
    /// </summary>
    /// <value>Defaults to none.</value>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>The sources that may be used, in the order to try them.</summary>
    /// <value>Defaults to all four, in the order of <see cref="PostgresSource"/>.</value>
    public IReadOnlyList<PostgresSource> Sources { get; init; } = Enum.GetValues<PostgresSource>();

    /// <summary>
    /// The only folder in which <see cref="PostgresSource.LocalPrograms"/> may look for <c>initdb</c>, <c>pg_ctl</c> and <c>postgres</c>:
    /// the way to ask for one of several versions installed.
    /// </summary>
    /// <value>
    /// Defaults to <see langword="null"/>: the environment variable <c>SYNCKIT_POSTGRES_PROGRAMS</c>, under which neither Docker nor a download
    /// is tried; where it is not set the <c>PATH</c>, then the folders where Debian, Homebrew and the Windows installer put PostgreSQL, newest
    /// version first.
    /// </value>
    public string? ProgramsDirectory { get; init; }

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Settings);
        ArgumentNullException.ThrowIfNull(Sources);
        if (Sources.Count == 0)
        {
            throw new ArgumentException("PostgresServerOptions.Sources must name at least one source; it is empty.");
        }

        foreach (var (name, value) in Settings)
        {
            if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.'))
            {
                throw new ArgumentException($"PostgresServerOptions.Settings names '{name}', which cannot be a PostgreSQL setting.");
            }

            if (value is null || value.AsSpan().ContainsAny('\r', '\n'))
            {
                throw new ArgumentException($"PostgresServerOptions.Settings['{name}'] must be one line of text.");
            }
        }
    }
}
