namespace SyncKit.EfStore.Diagnostics;

/// <summary>
/// What runs for many callers carries nobody's context: no activity, no ambient transaction, no other ambient value of whoever came first.
/// </summary>
internal static class CallerContext
{
    internal static Task Without(Func<Task> run)
    {
        using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
        {
            return run();
        }
    }
}
