namespace SyncKit.EfStore.Cli;

/// <summary>What the process says when it ends.</summary>
internal static class ExitCodes
{
    internal const int Done = 0;
    internal const int Failed = 1;
    internal const int WrongUsage = 2;
}
