using System.ComponentModel;
using System.Globalization;

namespace SyncKit.EfStore.Subscriptions;

/// <summary>How configuration spells where a subscription begins: Beginning, Now, or the version to begin behind.</summary>
internal sealed class SubscriptionStartConverter : TypeConverter
{
    public override bool CanConvertFrom(ITypeDescriptorContext? context, Type sourceType) => sourceType == typeof(string);

    public override object ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value) => (string)value switch
    {
        var text when text.Equals(nameof(SubscriptionStart.Beginning), StringComparison.OrdinalIgnoreCase) => SubscriptionStart.Beginning,
        var text when text.Equals(nameof(SubscriptionStart.Now), StringComparison.OrdinalIgnoreCase) => SubscriptionStart.Now,
        var text => SubscriptionStart.After(EventVersion.Parse(text)),
    };
}
