using Microsoft.EntityFrameworkCore.Migrations;

namespace SyncKit.EfStore.Storage.Migrations;

/// <summary>
/// Adds the tables of the named subscriptions. They are not in the EF model, which stays as it is: the library reads and writes them by SQL.
/// </summary>
public partial class AddSubscriptions : Migration
{
    private const string Scripts = "0003";

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
