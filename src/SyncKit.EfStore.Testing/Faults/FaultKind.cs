namespace SyncKit.EfStore.Testing;

/// <summary>What a <see cref="FaultSchedule"/> can do.</summary>
public enum FaultKind
{
    /// <summary>Terminates one session of <see cref="FaultScheduleOptions.Victims"/>, by chance.</summary>
    TerminateBackend,

    /// <summary>Resets every connection of <see cref="FaultScheduleOptions.Proxy"/>.</summary>
    CutConnections,

    /// <summary>Silences every connection of <see cref="FaultScheduleOptions.Proxy"/>; new ones work.</summary>
    SilenceConnections,

    /// <summary>Lets another writer draw a version, hold it for a while, and then commit or roll back.</summary>
    HoldTransaction,

    /// <summary>Sends the notifications of the newest events once more.</summary>
    RepeatNotifications,

    /// <summary>Sends <see cref="DuplicateDelivery.MalformedPayloads"/>.</summary>
    ForgeNotifications,

    /// <summary>Stops <see cref="FaultScheduleOptions.Server"/> as a planned restart would, and starts it again.</summary>
    RestartServer,

    /// <summary>Stops <see cref="FaultScheduleOptions.Server"/> as a crash would, and starts it again.</summary>
    CrashServer,
}
