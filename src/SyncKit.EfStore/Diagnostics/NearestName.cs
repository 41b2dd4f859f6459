namespace SyncKit.EfStore.Diagnostics;

/// <summary>What was probably meant.</summary>
internal static class NearestName
{
    // A third of the letters may be wrong; beyond that, any name would be a guess.
    private const int LettersToAMistake = 3;

    /// <summary>The name that the fewest mistakes lead away from; null where none is near.</summary>
    internal static string? Of(string given, IEnumerable<string> names)
    {
        var most = Math.Max(1, given.Length / LettersToAMistake);
        return names
            .Select(name => (Name: name, Mistakes: Mistakes(given, name)))
            .Where(candidate => candidate.Mistakes <= most)
            .OrderBy(candidate => candidate.Mistakes)
            .Select(candidate => candidate.Name)
            .FirstOrDefault();
    }

    /// <summary>Letters left out, added, changed, or swapped with their neighbour.</summary>
    private static int Mistakes(string from, string to)
    {
        var cost = new int[from.Length + 1, to.Length + 1];
        for (var i = 0; i <= from.Length; i++)
        {
            for (var j = 0; j <= to.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    cost[i, j] = i + j;
                    continue;
                }

                var changed = from[i - 1] == to[j - 1] ? 0 : 1;
                cost[i, j] = Math.Min(Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1, cost[i - 1, j - 1] + changed);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                {
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
                }
            }
        }

        return cost[from.Length, to.Length];
    }
}
