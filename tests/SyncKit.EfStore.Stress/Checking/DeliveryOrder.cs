namespace SyncKit.EfStore.Stress.Checking;

/// <summary>The order that a reader promises.</summary>
internal enum DeliveryOrder
{
    /// <summary>In the order of the whole log.</summary>
    ByVersion,

    /// <summary>In the order of each stream.</summary>
    ByStream,
}
