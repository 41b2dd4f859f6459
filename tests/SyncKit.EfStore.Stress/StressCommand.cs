using System.CommandLine;
using SyncKit.EfStore.Stress.Faults;
using SyncKit.EfStore.Stress.Hold;
using SyncKit.EfStore.Stress.Order;
using SyncKit.EfStore.Stress.Outage;
using SyncKit.EfStore.Stress.Reading;
using SyncKit.EfStore.Stress.Soak;
using SyncKit.EfStore.Stress.Takeover;

namespace SyncKit.EfStore.Stress;

/// <summary>The command line.</summary>
internal sealed class StressCommand : RootCommand
{
    internal const int Done = 0;
    internal const int Failed = 1;
    internal const int WrongUsage = 2;

    internal StressCommand()
        : base("Shows that SyncKit.EfStore loses, repeats and reorders nothing, on a PostgreSQL of its own. Figures on stdout, progress on stderr.")
    {
        Add(new OrderCommand());
        Add(new FaultsCommand());
        Add(new TakeoverCommand());
        Add(new OutageCommand());
        Add(new HoldCommand());
        Add(new SoakCommand());
        Add(new ReaderCommand());
        Add(new SubscriberCommand());
    }

    /// <summary>An option with a whole number within bounds.</summary>
    internal static Option<int> Number(string name, int defaultValue, int least, int most, string description)
    {
        var option = new Option<int>(name)
        {
            Description = $"{description} {least:N0} to {most:N0}. Default: {defaultValue:N0}.",
            DefaultValueFactory = _ => defaultValue,
            HelpName = "n",
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && (!int.TryParse(result.Tokens[0].Value, out var value) || value < least || value > most))
            {
                result.AddError($"{name} must be from {least} to {most}.");
            }
        });
        return option;
    }
}
