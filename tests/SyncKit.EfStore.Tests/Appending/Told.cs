using System.Text.Json;

namespace SyncKit.EfStore.Tests.Appending;

/// <summary>A range as other programs get it.</summary>
internal sealed record Told(string Channel, long First, long Last, long Count)
{
    internal static Told Parse((string Channel, string Payload) notification)
    {
        using var document = JsonDocument.Parse(notification.Payload);
        CollectionAssert.AreEqual(
            (string[])["first_version", "last_version", "count"], document.RootElement.EnumerateObject().Select(member => member.Name).ToArray());
        var numbers = document.RootElement.EnumerateObject().Select(member => member.Value.GetInt64()).ToArray();
        return new Told(notification.Channel, numbers[0], numbers[1], numbers[2]);
    }
}
