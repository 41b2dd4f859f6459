using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

namespace SyncKit.EfStore.Appending.DbContexts;

/// <summary>
/// Whether the database draws the versions of the events that a context adds. A model may say otherwise after <c>MapEvents</c>; a number that
/// the application has in hand is drawn before the transaction that stores it holds the sequence, and readers would have gone past it.
/// </summary>
internal static class DrawnVersions
{
    /// <exception cref="InvalidOperationException">The application chooses them.</exception>
    internal static void Require(DbContext context)
    {
        // Asked of the finished model, which is shared by all contexts of a kind: a look at four fields.
        if (context.Model.FindEntityType(typeof(EventRow))?.FindProperty(nameof(EventRow.Version)) is not { } version)
        {
            return;
        }

        var how = version.GetValueGenerationStrategy() == NpgsqlValueGenerationStrategy.SequenceHiLo ? "by HiLo"
            : version.ValueGenerated != ValueGenerated.OnAdd ? "itself"
            : version.GetValueGeneratorFactory() is not null ? "by a value generator"
            : null;
        if (how is not null)
        {
            throw new InvalidOperationException(
                $"The model of '{context.GetType().Name}' draws EventRow.Version {how}; the column's own sequence must, or readers miss events. "
                    + "Leave the property as MapEvents maps it. UseHiLo on the whole model does no harm.");
        }
    }
}
