using System.CommandLine;
using System.Text;
using SyncKit.EfStore.Cli.Hosting;
using SyncKit.EfStore.Cli.Printing;

namespace SyncKit.EfStore.Cli.Commands;

/// <summary><c>synckit roles</c></summary>
internal sealed class RolesCommand : Command, IHasExamples
{
    private readonly Option<string?> _owner = Role("--owner", "Is to own the log: migrates, reads the audit. Default: whoever owns it.");
    private readonly Option<string?> _writer = Role("--writer", "Runs the library: appends, reads, subscribes; changes no event. Default: synckit_writer where no role is named, else none.");
    private readonly Option<string?> _reader = Role("--reader", "Reads events and the state of subscriptions. Default: synckit_reader where no role is named, else none.");
    private readonly Option<string?> _eraser = Role("--eraser", "May erase events, and nothing else. Default: synckit_eraser where no role is named, else none.");
    private readonly Option<bool> _create = new("--create") { Description = "Create those that are missing, as groups that cannot log in." };
    private readonly Option<string?> _schema = new("--schema")
    {
        Description = "Where the log is, for the SQL printed. Default: public. --apply looks for itself.",
        HelpName = "name",
    };

    private readonly Option<bool> _apply = new("--apply") { Description = "Run it, as the role that owns the log, instead of printing it." };

    private readonly Option<bool> _json = CommonOptions.Json(
        "one JSON object on one line; sql is null with --apply", "owner, writer, reader, eraser, applied, sql");

    internal RolesCommand()
        : base("roles", "Print the SQL that gives each role what it needs and no more; --apply runs it. Again changes nothing.")
    {
        Add(_owner);
        Add(_writer);
        Add(_reader);
        Add(_eraser);
        Add(_create);
        Add(_schema);
        Add(_apply);
        Add(_json);
        Validators.Add(result =>
        {
            if (result.GetValue(_apply) && result.GetValue(_schema) is not null)
            {
                result.AddError("--apply takes the schema of the connection; leave --schema out, or set Search Path in the connection string.");
            }
        });
        SetAction(RunAsync);
    }

    public IReadOnlyList<string> Examples =>
    [
        "synckit roles                                    # for synckit_writer, synckit_reader and synckit_eraser",
        "synckit roles --writer shop_app --reader reports > roles.sql",
        "synckit roles --writer shop_app --eraser privacy --create --apply",
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var roles = new EventStoreRoleNames
        {
            Owner = parsed.GetValue(_owner),
            Writer = parsed.GetValue(_writer),
            Reader = parsed.GetValue(_reader),
            Eraser = parsed.GetValue(_eraser),
            Create = parsed.GetValue(_create),
        };
        if (roles is { Owner: null, Writer: null, Reader: null, Eraser: null })
        {
            roles = roles with { Writer = "synckit_writer", Reader = "synckit_reader", Eraser = "synckit_eraser" };
        }

        var apply = parsed.GetValue(_apply);
        var sql = apply ? null : EventStoreRoles.Script(roles, parsed.GetValue(_schema) ?? "public");
        if (apply)
        {
            var connectionString = CommonOptions.ConnectionString(parsed);

            // Checks the connection string as every other command does.
            await using var host = StoreHost.Build(connectionString);
            await EventStoreRoles.ApplyAsync(connectionString, roles, cancellationToken);
            await host.WarnOfPlainTextAsync(cancellationToken);
            StandardError.Plain("Every role has what it needs, and no more.");
        }

        if (parsed.GetValue(_json))
        {
            await JsonLine.PrintAsync(
                writer =>
                {
                    writer.WriteString("owner", roles.Owner);
                    writer.WriteString("writer", roles.Writer);
                    writer.WriteString("reader", roles.Reader);
                    writer.WriteString("eraser", roles.Eraser);
                    writer.WriteBoolean("applied", apply);
                    writer.WriteString("sql", sql);
                },
                cancellationToken);
        }
        else if (sql is not null)
        {
            await using var output = new LineOutput();
            Encoding.UTF8.GetBytes(sql.AsSpan(), output.Buffer);
            await output.FlushAsync(cancellationToken);
        }

        return ExitCodes.Done;
    }

    private static Option<string?> Role(string name, string description) => new(name) { Description = description, HelpName = "role" };
}
