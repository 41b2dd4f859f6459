using Npgsql;
using SyncKit.EfStore.Cli.Doctor;
using SyncKit.EfStore.Cli.Doctor.Examinations;

namespace SyncKit.EfStore.Tests.Cli;

/// <summary>What cannot be planted here: other servers, clocks and a full queue.</summary>
[TestClass]
public sealed class DoctorJudgementTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [TestMethod]
    [DataRow(130_023, "Fault", "PostgreSQL 13 is too old; 14 to 18 are supported.")]
    [DataRow(140_020, "Warning", "PostgreSQL 14.20 is before 14.21")]
    [DataRow(140_021, "Ok", "PostgreSQL 14.21 is supported")]
    [DataRow(150_015, "Warning", "PostgreSQL 15.15 is before 15.16")]
    [DataRow(150_016, "Ok", "PostgreSQL 15.16 is supported")]
    [DataRow(160_011, "Warning", "PostgreSQL 16.11 is before 16.12")]
    [DataRow(160_012, "Ok", "PostgreSQL 16.12 is supported")]
    [DataRow(170_007, "Warning", "PostgreSQL 17.7 is before 17.8")]
    [DataRow(170_008, "Ok", "PostgreSQL 17.8 is supported")]
    [DataRow(180_001, "Warning", "PostgreSQL 18.1 is before 18.2")]
    [DataRow(180_002, "Ok", "PostgreSQL 18.2 is supported")]
    [DataRow(190_000, "Warning", "PostgreSQL 19 is newer than this tool was tried with")]
    public void A_version_that_is_not_supported_or_has_a_fault_in_NOTIFY_is_told(int number, string status, string message)
    {
        var finding = ServerVersionExamination.Judge(number).ToFinding("server-version");

        Assert.AreEqual(status, finding.Status.ToString());
        Assert.StartsWith(message, finding.Message);
        Assert.AreEqual(status == "Ok", finding.Advice is null);
    }

    [TestMethod]
    [DataRow("db.example", "", false, SslMode.Prefer, "Warning", "The session to 'db.example' is not encrypted")]
    [DataRow("10.0.0.7", "", false, SslMode.Disable, "Warning", "The session to '10.0.0.7' is not encrypted")]
    [DataRow("db.example", "", true, SslMode.Disable, "Ok", "The session is encrypted (GSSAPI).")]
    [DataRow("db.example", "TLSv1.3", false, SslMode.Require, "Ok", "SSL Mode=Require does not check whose certificate it is, VerifyFull would.")]
    [DataRow("db.example", "TLSv1.3", false, SslMode.VerifyFull, "Ok", "The session is encrypted (TLSv1.3).")]
    [DataRow("127.0.0.1", "", false, SslMode.Prefer, "Ok", "does not leave this machine")]
    [DataRow("::1", "", false, SslMode.Prefer, "Ok", "does not leave this machine")]
    [DataRow("LocalHost", "", false, SslMode.Prefer, "Ok", "does not leave this machine")]
    [DataRow("/run/postgresql", "", false, SslMode.Prefer, "Ok", "does not leave this machine")]
    public void A_session_in_the_clear_is_told_where_it_leaves_the_machine(
        string host, string tls, bool gss, SslMode mode, string status, string message)
    {
        var finding = TlsExamination.Judge(host, mode, tls, gss).ToFinding("tls");

        Assert.AreEqual(status, finding.Status.ToString());
        Assert.Contains(message, finding.Message);
        Assert.AreEqual(status == "Warning", finding.Advice?.Contains("SSL Mode=VerifyFull", StringComparison.Ordinal) ?? false);
    }

    [TestMethod]
    [DataRow(0.0, "Ok")]
    [DataRow(0.49, "Ok")]
    [DataRow(0.5, "Warning")]
    [DataRow(0.9, "Fault")]
    public void A_queue_that_fills_is_told(double usage, string status) =>
        Assert.AreEqual(status, NotificationQueueExamination.Judge(usage, []).ToFinding("notification-queue").Status.ToString());

    [TestMethod]
    public void A_queue_that_fills_names_the_oldest_transaction_or_one_that_listens()
    {
        var old = new OpenTransaction(7, "report", "r", "d", TimeSpan.FromHours(3), IsIdle: false, Listens: false);
        var listens = new OpenTransaction(8, "billing", "r", "d", TimeSpan.FromMinutes(3), IsIdle: true, Listens: true);

        Assert.StartsWith("Process 7 (report", NotificationQueueExamination.Judge(0.6, [old]).ToFinding("x").Advice!);
        Assert.StartsWith("Process 8 (billing", NotificationQueueExamination.Judge(0.6, [old, listens]).ToFinding("x").Advice!);
    }

    [TestMethod]
    [DataRow(0.0, "Ok", "")]
    [DataRow(2.9, "Ok", "")] // The answer took two seconds: the server may have looked at any time of them.
    [DataRow(3.1, "Warning", "1.1 s ahead of")]
    [DataRow(-1.1, "Warning", "1.1 s behind")]
    public void Clocks_that_differ_are_told_and_a_slow_answer_is_no_difference(double seconds, string status, string message)
    {
        var finding = ClockExamination.Judge(Noon, Noon.AddSeconds(seconds), Noon.AddSeconds(2)).ToFinding("clock");

        Assert.AreEqual(status, finding.Status.ToString());
        Assert.Contains(message, finding.Message);
    }

    [TestMethod]
    public void Complaints_make_one_line_with_the_worst_first_and_each_advice_once()
    {
        var diagnosis = Diagnosis.Fine("Fine.");
        diagnosis.Warn("A.", "do this");
        diagnosis.Fault("B.", "do that");
        diagnosis.Warn("C.", "do this");

        Assert.AreEqual(new Finding("x", FindingStatus.Fault, "B. A. C.", "do that do this"), diagnosis.ToFinding("x"));
    }

    [TestMethod]
    public void Every_examination_has_a_name_of_its_own()
    {
        var names = Checkup.Examinations.Select(examination => examination.Name).ToList();

        CollectionAssert.AllItemsAreUnique(names);
        Assert.IsTrue(names.All(name => name.All(c => char.IsAsciiLetterLower(c) || c == '-')));
    }
}
