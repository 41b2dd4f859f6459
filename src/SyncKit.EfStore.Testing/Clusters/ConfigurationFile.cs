namespace SyncKit.EfStore.Testing.Clusters;

/// <summary>Writes lines of <c>postgresql.conf</c>, in which the last word on a setting counts.</summary>
internal static class ConfigurationFile
{
    internal static string Lines(IEnumerable<KeyValuePair<string, string>> settings) =>
        string.Concat(settings.Select(setting => $"{setting.Key} = '{Escape(setting.Value)}'\n"));

    private static string Escape(string value) =>
        value.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal);
}
