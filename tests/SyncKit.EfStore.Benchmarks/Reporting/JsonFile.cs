using System.Text.Encodings.Web;
using System.Text.Json;
using SyncKit.EfStore.Benchmarks.Measuring;

namespace SyncKit.EfStore.Benchmarks.Reporting;

/// <summary>The figures for programs: a list of <c>{suite, figure, ours, theirs, contender, ratio, must, holds}</c>.</summary>
internal static class JsonFile
{
    // "…" and ">=" stay readable; the file is not put into a web page.
    private static readonly JsonWriterOptions Layout = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static void Write(string file, IEnumerable<Figure> figures)
    {
        using var stream = File.Create(file);
        using var json = new Utf8JsonWriter(stream, Layout);
        json.WriteStartArray();
        foreach (var figure in figures)
        {
            json.WriteStartObject();
            json.WriteString("suite", figure.Suite);
            json.WriteString("figure", figure.Name);
            json.WriteNumber("ours", figure.Ours);
            json.WriteNumber("theirs", figure.Theirs);
            json.WriteString("contender", figure.Contender);
            json.WriteNumber("ratio", figure.Ratio);
            json.WriteString("must", figure.Must.ToString());
            json.WriteBoolean("holds", figure.Holds);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
