using System.Data.Common;

namespace Stash.Core.Sessions.Journal.Postgres;

/// <summary>Another process writes the journal. Two would each follow a push log of their own, with one position.</summary>
/// <param name="name">The journal's.</param>
internal sealed class JournalHeldException(string name) : DbException($"Another operator writes {name}: give each a database, or a schema (Search Path), of its own.");
