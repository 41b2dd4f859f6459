using Microsoft.EntityFrameworkCore.Migrations;

namespace SyncKit.EfStore.Storage.Migrations;

/// <summary>
/// Adds the records of copies and the origins of copied events. Not in the EF model, which stays as it is.
/// </summary>
public partial class AddCopies : Migration
{
    private const string Scripts = "0005";

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
