using System.CommandLine;

namespace SyncKit.EfStore.Cli.Commands;

/// <summary><c>synckit demo</c></summary>
internal sealed class DemoCommand : Command
{
    internal DemoCommand()
        : base("demo", "Show it all on a PostgreSQL of its own: start, provision, append, follow. Leaves nothing behind.")
    {
    }
}
