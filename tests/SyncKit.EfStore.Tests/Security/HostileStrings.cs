namespace SyncKit.EfStore.Tests.Security;

/// <summary>
/// Strings that break out of SQL, COPY, JSON, LIKE, format strings, shells and terminals where somebody pastes them together; written after the
/// patterns of public lists. Each is a legal string of at most 500 bytes, unless it is in <see cref="Refused"/>.
/// </summary>
internal static class HostileStrings
{
    /// <summary>What ends the text that a value may be pasted into.</summary>
    private static readonly string[] Endings =
        ["'", "''", "\"", "')", "'))", "' ", "\\'", "';", "\";", "\")", "$$", "$do$", "$function$", "*/", "\n", "'\n", "}'", "]'", "\\'';", "%27", "\u2019", "\u02bc", "\uff07", "\uff02"];

    /// <summary>What is to run then. They only touch what a test has planted.</summary>
    private static readonly string[] Statements =
    [
        "; DROP TABLE canary; --",
        "; INSERT INTO canary VALUES ('sung') --",
        "; CREATE TABLE cuckoo (x int); --",
        " || (SELECT sing()) || '",
        " UNION SELECT sing()::text --",
        " OR sing() IS NULL --",
        "; SELECT sing(); /*",
        "::text; DO $x$ BEGIN PERFORM sing(); END $x$; --",
    ];

    private static readonly string[] Special =
    [
        // Quotes, comments and escapes alone.
        "'", "''", "'''", "\"", "\"\"", "`", "``", "\\", "\\\\", "\\'", "\\\"", "--", "-- ", "/*", "*/", "/**/", "#", ";", ";;", "';--", "$$", "$1", "$2::text", "$a$", "@p0", ":p0", "?", "??",
        "' OR '1'='1", "' OR 1=1--", "' OR 'x' LIKE 'x", "admin'--", "1; SELECT sing()", "1 OR 1=1", "') OR ('a'='a", "' AND 1=0 UNION ALL SELECT NULL--", "'||'", "'+'", "E'\\''", "U&'\\0027'", "B'1'", "x'27'",
        "\\x27", "\\u0027", "\\047", "&#39;", "&apos;", "%27%20OR%201=1", "%00", "%c0%a7", "'/**/OR/**/1=1", "'%0aOR%0a1=1", "(SELECT sing())", "$(SELECT sing())", "pg_sleep(0)", "'; SELECT pg_sleep(0)--",
        // COPY and psql.
        "\\.", "\\.\n", "a\n\\.\nb", "\\N", "\\n", "\\t", "\t", "a\tb\tc", "\\copy canary TO '/dev/null'", "\\! true", "\\gexec", "\\;", ":'canary'", ":\"canary\"", "\\x", "COPY canary TO STDOUT",
        // LIKE, regular expressions, arrays, JSON and JSON paths.
        "%", "_", "%%", "%' OR 'a' LIKE '%", "\\%", "\\_", "[a-z]*", "(.*)+$", "^", "{}", "{a,b}", "{\"a\",NULL}", "NULL", "null", "[]", "{\"$erased\": true}", "\"}", "\"}, {\"id\": \"x", "$.a", "$.*", "$[*] ? (@.x == 1)", "@>", "->>", "#>>'{a}'", "a.b", "a[0]",
        // Format strings, templates, shells and lookups.
        "%s%s%s%n", "%1$I", "%1$L", "%I", "{0}", "{{7*7}}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "${jndi:ldap://127.0.0.1/a}", "`true`", "$(true)", "; true", "| true", "&& true", "> /dev/null", "../../etc/passwd", "C:\\con", "~", "!!", "-rf", "--help", "--connection", "@/etc/hostname",
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "]]>", "&lt;", "=1+1", "+1", "@SUM(1)",
        // Connection settings.
        "Host=x;Password=y", "a;Options=-c synckit.allow_truncate=on", "-c search_path=evil", "application_name=evil", "public", "none", "pg_catalog", "current_user", "information_schema.tables",
        // Lines, control characters, terminals.
        "\r\n", "a\r\nInjected: yes", "\n", "\r", "\u0001", "\b", "\u001b[2J", "\u001b]0;title\u0007", "\u007f", "\u0085", "\u009b31m", "\u2028", "\u2029", "\v\f",
        // Unicode: quotes that are none, directions, what joins and what is nothing, other forms of the same.
        "\u2018", "\u201b", "\u2032", "\u00b4", "\u02b9", "\u02bb", "\u055a", "\u05f3", "\u07f4", "\uff40", "\uff07 OR 1=1", "\u202e txet", "\u202a\u202c", "\u2066a\u2069", "\u200b", "\u200d", "\ufeff", "\ufffe", "\uffff", "\u00a0", "\u3000",
        "\u0065\u0301", "\u00e9", "\u0130\u0131", "\u00df", "\ud83d\ude00", "\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67", "\udbff\udfff", "\ufdfa", "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d", "\u0430dmin", "a\u0338",
        // Names of our own.
        "events", "event_audit", "events_global", "stream_a", "stream_sha256_0", "synckit.notify", "erase_events", "__synckit_migrations", "events; LISTEN canary", "stream_\"; NOTIFY canary; --",
        // Long, and blank.
        new string('\'', 400), new string('\\', 400), new string('"', 399), string.Concat(Enumerable.Repeat("\ud83d\ude00", 100)), new string(' ', 100), " ", "\t", "a ", " a",
    ];

    internal static readonly string[] All = [.. Special.Concat(Endings.SelectMany(ending => Statements.Select(statement => "x" + ending + statement))).Distinct(StringComparer.Ordinal)];

    /// <summary>What PostgreSQL cannot hold, and longer than an id may be.</summary>
    internal static readonly string[] Refused = ["", "\0", "a\0b", "\0'; SELECT sing(); --", "\ud800", "\udc00a", "a\ud83d", new string('x', 1025), new string('\'', 5_000), new string('\u00e9', 513)];
}
