using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Npgsql;
using SyncKit.EfStore.Testing;
using SyncKit.EfStore.Testing.Clusters;

namespace SyncKit.EfStore.Tests.Storage;

/// <summary>
/// A server with a certificate of a CA of its own, made for the name localhost. Of its roles <see cref="CertificateRole"/> is let in by a client
/// certificate alone, <see cref="TlsRole"/> by its password over TLS only, and postgres by its password either way.
/// </summary>
internal sealed class TlsServer : IAsyncDisposable
{
    internal const string CertificateRole = "certified";
    internal const string TlsRole = "encrypted";
    internal const string Password = "s3cr3t-Pa55word";

    private static readonly DateTimeOffset Yesterday = DateTimeOffset.UtcNow.AddDays(-1);

    private readonly string _folder;

    private TlsServer(string folder, PostgresServer server, PostgresDatabase database) =>
        (_folder, Server, Database) = (folder, server, database);

    internal PostgresServer Server { get; }

    /// <summary>Migrated; every role may do everything in it.</summary>
    internal PostgresDatabase Database { get; }

    internal string RootCertificate => PathOf("root.crt");

    internal static async Task<TlsServer> StartAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("synckit-tls-").FullName;
        try
        {
            WriteCertificates(folder);
            await File.WriteAllTextAsync(
                Path.Combine(folder, "pg_hba.conf"),
                $"""
                hostssl all {CertificateRole} all cert
                hostssl all {TlsRole} all scram-sha-256
                host all postgres all scram-sha-256
                """ + "\n",
                cancellationToken);
            if (UnprivilegedUser.Name is { } user)
            {
                await ProgramRun.RunAsync(ProgramRun.OwnStartInfo("chown", ["-R", user, folder], folder), cancellationToken);
            }

            var server = await PostgresServer.StartAsync(
                new PostgresServerOptions
                {
                    Sources = [PostgresSource.LocalPrograms],
                    Settings = new Dictionary<string, string>
                    {
                        ["ssl"] = "on",
                        ["ssl_ca_file"] = Path.Combine(folder, "root.crt"),
                        ["ssl_cert_file"] = Path.Combine(folder, "server.crt"),
                        ["ssl_key_file"] = Path.Combine(folder, "server.key"),
                        ["hba_file"] = Path.Combine(folder, "pg_hba.conf"),
                    },
                },
                cancellationToken);
            var database = await server.CreateDatabaseAsync(cancellationToken);
            await using var connection = await RawSql.ConnectAsync(database.ConnectionString);
            await connection.RunAsync($"CREATE ROLE {CertificateRole} LOGIN SUPERUSER");
            await connection.RunAsync($"CREATE ROLE {TlsRole} LOGIN SUPERUSER PASSWORD '{Password}'");
            return new TlsServer(folder, server, database);
        }
        catch
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    /// <summary>A file that this server's certificates, and others, are in.</summary>
    internal string PathOf(string file) => Path.Combine(_folder, file);

    /// <summary>As an operator would write it, with a change or two.</summary>
    internal string For(string role, Action<NpgsqlConnectionStringBuilder>? change = null)
    {
        var builder = new NpgsqlConnectionStringBuilder(Database.ConnectionString)
        {
            Host = "localhost",
            Username = role,
            Password = role == TlsRole ? Password : null,
            SslMode = SslMode.VerifyFull,
            RootCertificate = RootCertificate,
        };
        if (role == CertificateRole)
        {
            (builder.SslCertificate, builder.SslKey) = (PathOf("client.crt"), PathOf("client.key"));
        }

        change?.Invoke(builder);
        return builder.ConnectionString;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static void WriteCertificates(string folder)
    {
        using var root = CreateRoot("SyncKit test CA");
        using var stranger = CreateRoot("Somebody else's CA");
        Write(folder, "root", root);
        Write(folder, "stranger", stranger);
        WriteSigned(folder, "server", "database", root);
        WriteSigned(folder, "client", CertificateRole, root);
        WriteSigned(folder, "impostor", CertificateRole, stranger);
    }

    private static X509Certificate2 CreateRoot(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        return request.CreateSelfSigned(Yesterday, Yesterday.AddDays(30));
    }

    private static void WriteSigned(string folder, string file, string name, X509Certificate2 issuer)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(issuer, Yesterday, Yesterday.AddDays(20), RandomNumberGenerator.GetBytes(8));
        using var withKey = certificate.CopyWithPrivateKey(key);
        Write(folder, file, withKey);
    }

    private static void Write(string folder, string file, X509Certificate2 certificate)
    {
        File.WriteAllText(Path.Combine(folder, file + ".crt"), certificate.ExportCertificatePem());
        var key = Path.Combine(folder, file + ".key");
        File.WriteAllText(key, certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }
}
