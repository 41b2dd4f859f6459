using Microsoft.EntityFrameworkCore.Migrations;

namespace SyncKit.EfStore.Storage.Migrations;

/// <summary>
/// Lets a transaction tell the notify trigger to stand back, and makes what the trigger does cheaper. The tables stay as they are.
/// </summary>
public partial class ChooseWhenToNotify : Migration
{
    private const string Scripts = "0002";

    // What 0001 made of the three, which Down puts back.
    private static readonly string[] Before =
        ["0001/07_event_stream_channel.sql", "0001/08_notify_event_inserted.sql", "0001/09_events_notify_trigger.sql"];

    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        foreach (var script in SchemaScripts.Up(Scripts))
        {
            migrationBuilder.Sql(script);
        }
    }

    /// <inheritdoc />
    protected override void Down(MigrationBuilder migrationBuilder)
    {
        foreach (var script in Before)
        {
            migrationBuilder.Sql(SchemaScripts.Read(script));
        }
    }
}
