namespace SyncKit.EfStore.Cli.Doctor;

/// <summary>What one examination has to say, complaint by complaint. They become one line, the worst first.</summary>
internal sealed class Diagnosis
{
    private readonly List<(FindingStatus Status, string Message, string Advice)> _complaints = [];
    private readonly FindingStatus _otherwise;
    private readonly string _message;

    private Diagnosis(FindingStatus otherwise, string message) => (_otherwise, _message) = (otherwise, message);

    /// <summary>In order, unless complaints are added.</summary>
    internal static Diagnosis Fine(string message) => new(FindingStatus.Ok, message);

    /// <summary>Not looked at, unless complaints are added.</summary>
    internal static Diagnosis Skipped(string message) => new(FindingStatus.Skipped, message);

    internal void Warn(string message, string advice) => Complain(isFault: false, message, advice);

    internal void Fault(string message, string advice) => Complain(isFault: true, message, advice);

    internal void Complain(bool isFault, string message, string advice) =>
        _complaints.Add((isFault ? FindingStatus.Fault : FindingStatus.Warning, message, advice));

    internal Finding ToFinding(string name)
    {
        if (_complaints.Count == 0)
        {
            return new Finding(name, _otherwise, _message);
        }

        var sorted = _complaints.OrderByDescending(complaint => complaint.Status).ToList();
        return new Finding(
            name,
            sorted[0].Status,
            string.Join(" ", sorted.Select(complaint => complaint.Message)),
            string.Join(" ", sorted.Select(complaint => complaint.Advice).Distinct()));
    }
}
