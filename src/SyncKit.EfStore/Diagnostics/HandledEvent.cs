using System.Diagnostics;

namespace SyncKit.EfStore.Diagnostics;

/// <summary>What a handler's activity is about: the cause of whatever is appended under it. Not baggage, which would leave the process.</summary>
/// <param name="Id">The event's id.</param>
/// <param name="Correlation">What its metadata says it belongs to; null where it says nothing.</param>
internal sealed record HandledEvent(string Id, string? Correlation)
{
    private const string Key = "synckit.handled";

    internal void KeepOn(Activity activity) => activity.SetCustomProperty(Key, this);

    /// <summary>The event handled by an activity, or by one it is part of.</summary>
    internal static HandledEvent? Of(Activity? activity)
    {
        for (; activity is not null; activity = activity.Parent)
        {
            if (activity.GetCustomProperty(Key) is HandledEvent handled)
            {
                return handled;
            }
        }

        return null;
    }
}
