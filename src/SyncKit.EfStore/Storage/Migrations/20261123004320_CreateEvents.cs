using Microsoft.EntityFrameworkCore.Migrations;

namespace SyncKit.EfStore.Storage.Migrations;

/// <summary>
/// Creates the event log, or adopts the one go-sync-kit made. Raw SQL, because EF's CreateTable fails on a table that is
/// there; the files stand in <c>Sql/0001</c>, one object each, in the order they run.
/// </summary>
public partial class CreateEvents : Migration
{
    private const string Scripts = "0001";

    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        foreach (var script in SchemaScripts.Up(Scripts))
        {
            migrationBuilder.Sql(script);
        }
    }

    /// <inheritdoc />
    protected override void Down(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(SchemaScripts.Down(Scripts));
}
