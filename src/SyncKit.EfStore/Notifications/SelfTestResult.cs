namespace SyncKit.EfStore.Notifications;

/// <summary>What a self-test of the listener found.</summary>
internal enum SelfTestResult
{
    /// <summary>The probe could not be sent, which says nothing about the listener.</summary>
    Unknown,

    /// <summary>The probe came: notifications arrive.</summary>
    Heard,

    /// <summary>The probe was committed and the connection answered after that, without it: notifications do not arrive.</summary>
    Isolated,
}
