using System.Globalization;
using System.Text;

namespace SyncKit.EfStore.Sqlite;

/// <summary>One event at which two logs differ. Immutable. An event that is both reordered and changed makes two of them.</summary>
/// <param name="Kind">In which way.</param>
/// <param name="Id">The event.</param>
/// <param name="AggregateId">Its stream: in the first log, or in the second where only that has it.</param>
/// <param name="FromVersion">Its version in the first log; null where that has it not.</param>
/// <param name="ToVersion">Its version in the second log; null where that has it not.</param>
/// <param name="Fields">What is not the same, of an event that both have.</param>
/// <param name="FromCreatedAt">Its time in the first log.</param>
/// <param name="ToCreatedAt">Its time in the second log.</param>
/// <param name="IsErasedInFrom">Whether its content is the tombstone in the first log.</param>
/// <param name="IsErasedInTo">Whether its content is the tombstone in the second log.</param>
public sealed record EventDifference(
    DifferenceKind Kind,
    string Id,
    string AggregateId,
    long? FromVersion,
    long? ToVersion,
    EventFields Fields,
    DateTimeOffset? FromCreatedAt,
    DateTimeOffset? ToCreatedAt,
    bool IsErasedInFrom,
    bool IsErasedInTo)
{
    private static readonly (EventFields Field, string Column)[] Columns =
    [
        (EventFields.AggregateId, "aggregate_id"),
        (EventFields.EventType, "event_type"),
        (EventFields.Data, "data"),
        (EventFields.Metadata, "metadata"),
        (EventFields.CreatedAt, "created_at"),
        (EventFields.Origin, "origin_node"),
        (EventFields.Origin, "origin_counter"),
    ];

    /// <summary>The columns of <see cref="Fields"/>, by their names in the table.</summary>
    public IReadOnlyList<string> FieldNames => [.. Columns.Where(column => Fields.HasFlag(column.Field)).Select(column => column.Column)];

    /// <summary>As a line for people: kind, versions, id, stream and what differs.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(Kind switch
        {
            DifferenceKind.Missing => "missing in the second log",
            DifferenceKind.Extra => "only in the second log",
            DifferenceKind.Changed => $"changed {string.Join(", ", FieldNames)}",
            DifferenceKind.Reordered => "another place in the order",
            _ => $"erased in the {(IsErasedInTo ? "second" : "first")} log only",
        });
        text.Append(": event '").Append(InputRules.Shorten(Id)).Append("' of stream '").Append(InputRules.Shorten(AggregateId)).Append('\'');
        text.Append((FromVersion, ToVersion) switch
        {
            ({ } from, null) => string.Create(CultureInfo.InvariantCulture, $", version {from}"),
            (null, { } to) => string.Create(CultureInfo.InvariantCulture, $", version {to} there"),
            var (from, to) when from == to => string.Create(CultureInfo.InvariantCulture, $", version {from}"),
            var (from, to) => string.Create(CultureInfo.InvariantCulture, $", version {from}, in the second log {to}"),
        });
        if (Fields.HasFlag(EventFields.CreatedAt))
        {
            text.Append(": created_at ").Append(Time(FromCreatedAt)).Append(", in the second log ").Append(Time(ToCreatedAt));
        }

        if (Kind != DifferenceKind.Erased && (IsErasedInFrom || IsErasedInTo))
        {
            text.Append(" (erased)");
        }

        return text.ToString();
    }

    private static string Time(DateTimeOffset? time) =>
        time?.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture) ?? "none";
}
