using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Stash.Core.Sessions.Journal;

internal sealed class JournalContext(DbContextOptions<JournalContext> options) : DbContext(options)
{
    public DbSet<SessionRow> Sessions => Set<SessionRow>();

    public DbSet<OperationRow> Operations => Set<OperationRow>();

    public DbSet<AppRow> Apps => Set<AppRow>();

    public DbSet<FollowedRow> Followed => Set<FollowedRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<SessionRow>(session =>
        {
            session.ToTable("sessions");
            session.HasKey(s => s.Position);
            session.Property(s => s.Id).IsRequired();
            session.HasIndex(s => s.Id).IsUnique();
            // Aggregates read these columns alone, so that a year of sessions is answered from the index; likewise the operations below.
            session.HasIndex(s => new { s.EndTime, s.Position, s.Namespace, s.App, s.Operation, s.Failed, s.DurationSeconds });
            // The last two are filtered in the index: an app has few checks among many backups.
            session.HasIndex(s => new { s.Namespace, s.App, s.EndTime, s.Operation, s.Failed });
            session.HasMany(s => s.Operations).WithOne().HasForeignKey(o => o.SessionPosition).OnDelete(DeleteBehavior.Cascade);
            session.HasMany(s => s.Summaries).WithOne().HasForeignKey(o => o.SessionPosition).OnDelete(DeleteBehavior.Cascade);
        });
        modelBuilder.Entity<OperationRow>(operation =>
        {
            operation.ToTable("operations");
            operation.HasIndex(o => new { o.SessionPosition, o.Op, o.Seconds });
        });
        modelBuilder.Entity<SummaryRow>().ToTable("summaries");
        modelBuilder.Entity<AppRow>(app =>
        {
            app.ToTable("apps");
            app.HasKey(a => new { a.Namespace, a.App, a.Operation });
        });
        modelBuilder.Entity<FollowedRow>().ToTable("followed").Property(f => f.Id).ValueGeneratedNever();
    }
}

/// <summary>Lets <c>dotnet ef migrations add</c> make the context without a running program.</summary>
internal sealed class JournalContextFactory : IDesignTimeDbContextFactory<JournalContext>
{
    public JournalContext CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<JournalContext>().UseSqlite("Data Source=design.db").Options);
}
