using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Stash.Core.Sessions.Journal.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "apps",
                columns: table => new
                {
                    Namespace = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    App = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    Operation = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    LastSuccessTime = table.Column<long>(type: "bigint", nullable: true),
                    LastSessionTime = table.Column<long>(type: "bigint", nullable: false),
                    LastFailed = table.Column<bool>(type: "boolean", nullable: false),
                    FailuresSinceSuccess = table.Column<int>(type: "integer", nullable: false),
                    FirstArrival = table.Column<long>(type: "bigint", nullable: false),
                    NextRunTime = table.Column<long>(type: "bigint", nullable: true),
                    Sample = table.Column<bool>(type: "boolean", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_apps", x => new { x.Namespace, x.App, x.Operation });
                });

            migrationBuilder.CreateTable(
                name: "followed",
                columns: table => new
                {
                    Id = table.Column<int>(type: "integer", nullable: false),
                    Position = table.Column<long>(type: "bigint", nullable: false),
                    LastArrival = table.Column<long>(type: "bigint", nullable: false),
                    Source = table.Column<string>(type: "text", nullable: false, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_followed", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "sessions",
                columns: table => new
                {
                    Position = table.Column<long>(type: "bigint", nullable: false),
                    Id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    Namespace = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    App = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    Kind = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    Restic = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    Job = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    Operation = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    Failed = table.Column<bool>(type: "boolean", nullable: false),
                    StartTime = table.Column<long>(type: "bigint", nullable: false),
                    EndTime = table.Column<long>(type: "bigint", nullable: false),
                    DurationSeconds = table.Column<double>(type: "double precision", nullable: false),
                    Message = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    LastSuccessTime = table.Column<long>(type: "bigint", nullable: true),
                    NextRunTime = table.Column<long>(type: "bigint", nullable: true),
                    Sample = table.Column<bool>(type: "boolean", nullable: false),
                    FileGroups = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    Summaries = table.Column<string>(type: "text", nullable: true, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_sessions", x => x.Position);
                });

            migrationBuilder.CreateIndex(
                name: "IX_apps_FirstArrival",
                table: "apps",
                column: "FirstArrival");

            migrationBuilder.CreateIndex(
                name: "IX_sessions_EndTime",
                table: "sessions",
                column: "EndTime");

            migrationBuilder.CreateIndex(
                name: "IX_sessions_Id",
                table: "sessions",
                column: "Id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_sessions_Namespace_App_EndTime",
                table: "sessions",
                columns: new[] { "Namespace", "App", "EndTime" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "apps");

            migrationBuilder.DropTable(
                name: "followed");

            migrationBuilder.DropTable(
                name: "sessions");
        }
    }
}
