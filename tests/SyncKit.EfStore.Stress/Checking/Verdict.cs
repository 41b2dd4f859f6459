namespace SyncKit.EfStore.Stress.Checking;

/// <summary>What one reader made of the log.</summary>
/// <param name="Delivered">How many deliveries there were.</param>
/// <param name="Lost">Committed events that never came.</param>
/// <param name="Doubled">Deliveries of events that had come before.</param>
/// <param name="Inverted">Events that came after one that they precede.</param>
/// <param name="Invented">Deliveries of events that were never committed.</param>
internal sealed record Verdict(int Delivered, int Lost, int Doubled, int Inverted, int Invented)
{
    internal bool IsExact => Lost + Doubled + Inverted + Invented == 0;
}
