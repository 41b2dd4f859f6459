using System.Globalization;
using Spectre.Console;

namespace SyncKit.EfStore.Cli.Printing;

/// <summary>What the demo tells, step by step, with the seconds since it began.</summary>
internal sealed class Story
{
    private const int Unbroken = 1_000;
    private static readonly string[] WhatNext =
    [
        "docker compose up -d --wait                  a PostgreSQL that stays; then, in each terminal:",
        "export ConnectionStrings__EventStore=\"Host=localhost;Port=54320;Username=synckit;Password=synckit;Database=eventstore\"",
        "synckit migrate                              the event log in it",
        "synckit tail                                 follow it, in a second terminal",
        "synckit append --stream order-17 --type OrderPlaced --data '{\"total\": 12.5}'",
        "synckit read --stream order-17               and synckit --help for the rest",
    ];

    private readonly IAnsiConsole _console = AnsiConsole.Console;
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly long _start;

    internal Story()
    {
        _start = _time.GetTimestamp();
        if (!StandardOutput.IsTerminal)
        {
            _console.Profile.Width = Unbroken;
        }
    }

    internal void Step(string text) =>
        _console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[grey]{_time.GetElapsedTime(_start).TotalSeconds,5:0.0} s[/]  [bold]{text}[/]");

    internal void Detail(string text) => _console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"         {text}");

    internal void Event(StoredEvent stored, double milliseconds) => _console.MarkupLineInterpolated(
        CultureInfo.InvariantCulture,
        $"         version {stored.Version.Value,3}  [blue]{stored.EventType,-13}[/] {stored.AggregateId}[grey]@{stored.StreamVersion}[/]  [green]{milliseconds:0.0} ms[/]");

    internal void Summary(params string[] lines)
    {
        Step("Done.");
        foreach (var line in lines)
        {
            Detail(line);
        }

        _console.WriteLine();
        _console.MarkupLine("What next:");
        foreach (var line in WhatNext)
        {
            _console.WriteLine($"  {line}");
        }
    }
}
