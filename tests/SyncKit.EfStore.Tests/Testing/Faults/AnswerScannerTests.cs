using System.Buffers.Binary;
using System.Text;
using SyncKit.EfStore.Testing;

namespace SyncKit.EfStore.Tests.Testing.Faults;

/// <summary>Where a command's end stands in what a server says, however the network cuts that into pieces.</summary>
[TestClass]
public sealed class AnswerScannerTests
{
    private static readonly byte[] Answers =
    [
        (byte)'N',
        .. Message('R', "\0\0\0\0"),
        .. Message('D', "a row that says COMMIT"),
        .. Message('C', "INSERT 0 1\0"),
        .. Message('C', "COMMIT PREPARED\0"),
        .. Message('C', "COMMIT\0"),
        .. Message('Z', "I"),
    ];

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(7)]
    [DataRow(1000)]
    public void Finds_the_end_of_a_command_in_pieces_of_any_size(int size)
    {
        Assert.AreSequenceEqual(["INSERT 0 1\0"], Found("INSERT", size));
        Assert.AreSequenceEqual(["COMMIT PREPARED\0", "COMMIT\0"], Found("COMMIT", size));
        Assert.IsEmpty(Found("COMM", size));
        Assert.IsEmpty(Found("a row that says COMMIT", size));
        Assert.IsEmpty(Found(null, size));
    }

    [TestMethod]
    public void Sees_nothing_once_encryption_was_agreed_on()
    {
        var scanner = new AnswerScanner();
        Assert.IsFalse(scanner.Read("S"u8, "COMMIT"));
        Assert.IsFalse(scanner.Read(Message('C', "COMMIT\0"), "COMMIT"));
    }

    /// <summary>The messages that were found when they came in pieces, after all those before.</summary>
    private static List<string> Found(string? tag, int size)
    {
        var found = new List<string>();
        for (var start = 1; start < Answers.Length;)
        {
            var end = start + 1 + BinaryPrimitives.ReadInt32BigEndian(Answers.AsSpan(start + 1));
            var scanner = new AnswerScanner();
            foreach (var piece in Answers[..start].Chunk(size))
            {
                scanner.Read(piece, null);
            }

            var ended = false;
            foreach (var piece in Answers[start..end].Chunk(size))
            {
                ended |= scanner.Read(piece, tag);
            }

            if (ended)
            {
                found.Add(Encoding.ASCII.GetString(Answers[(start + 5)..end]));
            }

            start = end;
        }

        return found;
    }

    private static byte[] Message(char type, string body)
    {
        var message = new byte[5 + body.Length];
        message[0] = (byte)type;
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), 4 + body.Length);
        Encoding.ASCII.GetBytes(body, message.AsSpan(5));
        return message;
    }
}
