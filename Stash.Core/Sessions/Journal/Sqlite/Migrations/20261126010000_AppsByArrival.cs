using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Stash.Core.Sessions.Journal.Sqlite.Migrations
{
    /// <summary>An app keeps the place in which it became known. Those known before this have the first place together.</summary>
    public partial class AppsByArrival : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(name: "FirstArrival", table: "apps", type: "INTEGER", nullable: false, defaultValue: 0L);
            migrationBuilder.CreateIndex(name: "IX_apps_FirstArrival", table: "apps", column: "FirstArrival");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(name: "IX_apps_FirstArrival", table: "apps");
            migrationBuilder.DropColumn(name: "FirstArrival", table: "apps");
        }
    }
}
