using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Stash.Core.Sessions.Journal.Sqlite.Migrations
{
    /// <summary>
    /// A session's file groups and summaries move from tables of their own into its row, and the indexes become narrow. In SQL, since
    /// the tables are made anew with what they held.
    /// </summary>
    public partial class OneRowPerSession : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("""
                -- Before the table goes, and its sequence with it.
                ALTER TABLE followed ADD COLUMN LastArrival INTEGER NOT NULL DEFAULT 0;
                UPDATE followed SET LastArrival = ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'sessions'), ifnull((SELECT max(Position) FROM sessions), 0));

                CREATE TABLE sessions_new (
                    Position INTEGER NOT NULL CONSTRAINT PK_sessions PRIMARY KEY,
                    Id TEXT NOT NULL,
                    Namespace TEXT NOT NULL,
                    App TEXT NOT NULL,
                    Kind TEXT NOT NULL,
                    Restic TEXT NOT NULL,
                    Job TEXT NOT NULL,
                    Operation TEXT NOT NULL,
                    Failed INTEGER NOT NULL,
                    StartTime INTEGER NOT NULL,
                    EndTime INTEGER NOT NULL,
                    DurationSeconds REAL NOT NULL,
                    Message TEXT NULL,
                    LastSuccessTime INTEGER NULL,
                    NextRunTime INTEGER NULL,
                    Sample INTEGER NOT NULL,
                    FileGroups TEXT NOT NULL,
                    Summaries TEXT NULL);

                INSERT INTO sessions_new
                SELECT Position, Id, Namespace, App, Kind, Restic, Job, Operation, Failed, StartTime, EndTime, DurationSeconds, Message, LastSuccessTime, NextRunTime, Sample,
                    (SELECT json_group_array(json_array(Path, Op, Seconds)) FROM (SELECT * FROM operations WHERE SessionPosition = s.Position ORDER BY Ordinal)),
                    (SELECT nullif(json_group_array(json_array(Path, FilesNew, FilesChanged, FilesUnmodified, BytesAdded, BytesProcessed)), '[]')
                        FROM (SELECT * FROM summaries WHERE SessionPosition = s.Position ORDER BY Id))
                FROM sessions s ORDER BY Position;

                DROP TABLE operations;
                DROP TABLE summaries;
                DROP TABLE sessions;
                ALTER TABLE sessions_new RENAME TO sessions;
                CREATE UNIQUE INDEX IX_sessions_Id ON sessions (Id);
                CREATE INDEX IX_sessions_EndTime ON sessions (EndTime);
                CREATE INDEX IX_sessions_Namespace_App_EndTime ON sessions (Namespace, App, EndTime);

                CREATE TABLE apps_new (
                    Namespace TEXT NOT NULL,
                    App TEXT NOT NULL,
                    Operation TEXT NOT NULL,
                    LastSuccessTime INTEGER NULL,
                    LastSessionTime INTEGER NOT NULL,
                    LastFailed INTEGER NOT NULL,
                    FailuresSinceSuccess INTEGER NOT NULL,
                    NextRunTime INTEGER NULL,
                    Sample INTEGER NOT NULL,
                    CONSTRAINT PK_apps PRIMARY KEY (Namespace, App, Operation)) WITHOUT ROWID;

                INSERT INTO apps_new
                SELECT Namespace, App, Operation, LastSuccessTime, LastSessionTime, LastFailed, FailuresSinceSuccess, NextRunTime, Sample FROM apps;

                DROP TABLE apps;
                ALTER TABLE apps_new RENAME TO apps;
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder) =>
            throw new System.NotSupportedException("An older version cannot read this journal.");
    }
}
