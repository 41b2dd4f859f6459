using System.Runtime.CompilerServices;

// The stores build events from rows they checked when they wrote them, and share the wording of errors.
[assembly: InternalsVisibleTo("SyncKit.EfStore")]
[assembly: InternalsVisibleTo("SyncKit.EfStore.Sqlite")]
[assembly: InternalsVisibleTo("SyncKit.EfStore.Tests")]
