using System.Text.Json;
using System.Text.RegularExpressions;

namespace SyncKit.EfStore.Tests.Examples;

/// <summary>The sample's dashboard asks for metrics that there are, and docker-compose.yml for files that there are. Neither can be run here.</summary>
[TestClass]
public sealed partial class DashboardTests
{
    [TestMethod]
    public void Every_panel_asks_for_metrics_of_the_readme_and_every_metric_has_a_panel()
    {
        using var dashboard = JsonDocument.Parse(RepositoryRoot.Read("tests", "SyncKit.EfStore.Sample", "Grafana", "dashboards", "eventstore.json"));
        var asked = dashboard.RootElement.GetProperty("panels").EnumerateArray()
            .SelectMany(panel => panel.GetProperty("targets").EnumerateArray())
            .SelectMany(target => Series().Matches(target.GetProperty("expr").GetString()!))
            .Select(series => series.Value).ToHashSet();
        var there = Row().Matches(RepositoryRoot.Read("README.md"))
            .Select(row => InPrometheus(row.Groups["name"].Value, row.Groups["kind"].Value, row.Groups["unit"].Value)).ToList();

        var unknown = asked.Except(there.SelectMany(series => series)).ToArray();
        Assert.IsEmpty(unknown, string.Join(", ", unknown));
        foreach (var series in there)
        {
            Assert.IsTrue(series.Any(asked.Contains), $"No panel shows {series[0]}.");
        }
    }

    [TestMethod]
    public void Two_hosts_of_the_sample_are_told_apart()
    {
        var promoted = RepositoryRoot.Read("tests", "SyncKit.EfStore.Sample", "Prometheus", "prometheus.yml");
        var dashboard = RepositoryRoot.Read("tests", "SyncKit.EfStore.Sample", "Grafana", "dashboards", "eventstore.json");

        Assert.Contains("promote_resource_attributes: [\"service.instance.id\"]", promoted);
        Assert.Contains(".AddService(", RepositoryRoot.Read("tests", "SyncKit.EfStore.Sample", "Program.cs"));
        Assert.Contains("{{service_instance_id}}", dashboard);
    }

    [TestMethod]
    public void Every_file_that_the_compose_file_mounts_is_there()
    {
        var mounts = Mount().Matches(RepositoryRoot.Read("docker-compose.yml")).Select(mount => mount.Groups["path"].Value).ToArray();

        Assert.HasCount(3, mounts);
        foreach (var mount in mounts)
        {
            Assert.IsTrue(Path.Exists(Path.Combine(RepositoryRoot.Path, mount)), mount);
        }
    }

    /// <summary>
    /// The names Prometheus gives a metric that comes by OTLP: https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
    /// </summary>
    private static string[] InPrometheus(string name, string kind, string unit)
    {
        var series = name.Replace('.', '_') + unit switch
        {
            "s" => "_seconds",
            "1" => "_ratio",
            _ => "", // What stands in braces is no unit.
        };
        return kind switch
        {
            "counter" => [series + "_total"],
            "histogram" => [series + "_bucket", series + "_sum", series + "_count"],
            _ => [series],
        };
    }

    [GeneratedRegex(@"synckit_\w+")]
    private static partial Regex Series();

    [GeneratedRegex(@"^\| `(?<name>synckit\.[a-z_.]+)` \| (?<kind>\w+) \| `(?<unit>[^`]+)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"- \./(?<path>[^:]+):")]
    private static partial Regex Mount();
}
