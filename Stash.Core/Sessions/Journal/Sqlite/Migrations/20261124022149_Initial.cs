using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Stash.Core.Sessions.Journal.Sqlite.Migrations
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
                    Namespace = table.Column<string>(type: "TEXT", nullable: false),
                    App = table.Column<string>(type: "TEXT", nullable: false),
                    Operation = table.Column<string>(type: "TEXT", nullable: false),
                    LastSuccessTime = table.Column<long>(type: "INTEGER", nullable: true),
                    LastSessionTime = table.Column<long>(type: "INTEGER", nullable: false),
                    LastFailed = table.Column<bool>(type: "INTEGER", nullable: false),
                    FailuresSinceSuccess = table.Column<int>(type: "INTEGER", nullable: false),
                    NextRunTime = table.Column<long>(type: "INTEGER", nullable: true),
                    Sample = table.Column<bool>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_apps", x => new { x.Namespace, x.App, x.Operation });
                });

            migrationBuilder.CreateTable(
                name: "followed",
                columns: table => new
                {
                    Id = table.Column<int>(type: "INTEGER", nullable: false),
                    Position = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_followed", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "sessions",
                columns: table => new
                {
                    Position = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    Id = table.Column<string>(type: "TEXT", nullable: false),
                    Namespace = table.Column<string>(type: "TEXT", nullable: false),
                    App = table.Column<string>(type: "TEXT", nullable: false),
                    Kind = table.Column<string>(type: "TEXT", nullable: false),
                    Restic = table.Column<string>(type: "TEXT", nullable: false),
                    Job = table.Column<string>(type: "TEXT", nullable: false),
                    Operation = table.Column<string>(type: "TEXT", nullable: false),
                    Failed = table.Column<bool>(type: "INTEGER", nullable: false),
                    StartTime = table.Column<long>(type: "INTEGER", nullable: false),
                    EndTime = table.Column<long>(type: "INTEGER", nullable: false),
                    DurationSeconds = table.Column<double>(type: "REAL", nullable: false),
                    Message = table.Column<string>(type: "TEXT", nullable: true),
                    LastSuccessTime = table.Column<long>(type: "INTEGER", nullable: true),
                    NextRunTime = table.Column<long>(type: "INTEGER", nullable: true),
                    Sample = table.Column<bool>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_sessions", x => x.Position);
                });

            migrationBuilder.CreateTable(
                name: "operations",
                columns: table => new
                {
                    Id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    SessionPosition = table.Column<long>(type: "INTEGER", nullable: false),
                    Ordinal = table.Column<int>(type: "INTEGER", nullable: false),
                    Path = table.Column<string>(type: "TEXT", nullable: false),
                    Op = table.Column<string>(type: "TEXT", nullable: false),
                    Seconds = table.Column<double>(type: "REAL", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_operations", x => x.Id);
                    table.ForeignKey(
                        name: "FK_operations_sessions_SessionPosition",
                        column: x => x.SessionPosition,
                        principalTable: "sessions",
                        principalColumn: "Position",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "summaries",
                columns: table => new
                {
                    Id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    SessionPosition = table.Column<long>(type: "INTEGER", nullable: false),
                    Path = table.Column<string>(type: "TEXT", nullable: false),
                    FilesNew = table.Column<long>(type: "INTEGER", nullable: true),
                    FilesChanged = table.Column<long>(type: "INTEGER", nullable: true),
                    FilesUnmodified = table.Column<long>(type: "INTEGER", nullable: true),
                    BytesAdded = table.Column<long>(type: "INTEGER", nullable: true),
                    BytesProcessed = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_summaries", x => x.Id);
                    table.ForeignKey(
                        name: "FK_summaries_sessions_SessionPosition",
                        column: x => x.SessionPosition,
                        principalTable: "sessions",
                        principalColumn: "Position",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "IX_operations_SessionPosition_Op_Seconds",
                table: "operations",
                columns: new[] { "SessionPosition", "Op", "Seconds" });

            migrationBuilder.CreateIndex(
                name: "IX_sessions_EndTime_Position_Namespace_App_Operation_Failed_DurationSeconds",
                table: "sessions",
                columns: new[] { "EndTime", "Position", "Namespace", "App", "Operation", "Failed", "DurationSeconds" });

            migrationBuilder.CreateIndex(
                name: "IX_sessions_Id",
                table: "sessions",
                column: "Id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_sessions_Namespace_App_EndTime_Operation_Failed",
                table: "sessions",
                columns: new[] { "Namespace", "App", "EndTime", "Operation", "Failed" });

            migrationBuilder.CreateIndex(
                name: "IX_summaries_SessionPosition",
                table: "summaries",
                column: "SessionPosition");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "apps");

            migrationBuilder.DropTable(
                name: "followed");

            migrationBuilder.DropTable(
                name: "operations");

            migrationBuilder.DropTable(
                name: "summaries");

            migrationBuilder.DropTable(
                name: "sessions");
        }
    }
}
