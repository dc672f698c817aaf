using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Stash.Core.Sessions.Journal.Postgres;

/// <summary>The tables, as PostgreSQL has them.</summary>
internal sealed class PostgresContext(DbContextOptions<PostgresContext> options) : JournalContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        // Of which push log the position is: it is kept elsewhere, and may have been made anew.
        modelBuilder.Entity<FollowedRow>().Property<string>("Source").IsRequired();
        foreach (var text in modelBuilder.Model.GetEntityTypes().SelectMany(e => e.GetProperties()).Where(p => p.ClrType == typeof(string)))
        {
            // Order and equality by code, as everywhere else, whatever the database's language is.
            text.SetCollation("C");
        }
    }
}

/// <summary>Lets <c>dotnet ef migrations add</c> make the context without a running program.</summary>
internal sealed class PostgresContextFactory : IDesignTimeDbContextFactory<PostgresContext>
{
    public PostgresContext CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<PostgresContext>().UseNpgsql("Host=design").Options);
}
