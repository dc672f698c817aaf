using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Stash.Core.Sessions.Journal;

/// <summary>The tables, as SQLite has them.</summary>
internal class JournalContext : DbContext
{
    public JournalContext(DbContextOptions<JournalContext> options)
        : base(options)
    {
    }

    protected JournalContext(DbContextOptions options)
        : base(options)
    {
    }

    public DbSet<SessionRow> Sessions => Set<SessionRow>();

    public DbSet<AppRow> Apps => Set<AppRow>();

    public DbSet<FollowedRow> Followed => Set<FollowedRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<SessionRow>(session =>
        {
            session.ToTable("sessions");
            session.HasKey(s => s.Position);
            session.Property(s => s.Position).ValueGeneratedNever();
            session.Property(s => s.Id).IsRequired();
            session.HasIndex(s => s.Id).IsUnique();
            // Few and narrow: each costs every session. SQLite keeps the position in them too, so both give the order of a page.
            session.HasIndex(s => s.EndTime);
            session.HasIndex(s => new { s.Namespace, s.App, s.EndTime });
        });
        modelBuilder.Entity<AppRow>(app =>
        {
            app.ToTable("apps");
            app.HasKey(a => new { a.Namespace, a.App, a.Operation });
            app.HasIndex(a => a.FirstArrival);
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
