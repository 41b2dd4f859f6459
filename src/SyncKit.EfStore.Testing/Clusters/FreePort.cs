using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace SyncKit.EfStore.Testing.Clusters;

/// <summary>
/// Ports from below those the systems give to outgoing connections (32768 and up on Linux, 49152 elsewhere). From among those,
/// a client that keeps trying to reach a stopped server would one day be given the server's port, and connect to itself.
/// </summary>
internal static class FreePort
{
    private const int First = 20000;
    private const int End = 32000;

    internal static int Next()
    {
        int port;
        do
        {
            port = RandomNumberGenerator.GetInt32(First, End);
        }
        while (!IsFree(port));
        return port;
    }

    internal static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
