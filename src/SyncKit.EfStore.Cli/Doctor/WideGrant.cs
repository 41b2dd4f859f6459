namespace SyncKit.EfStore.Cli.Doctor;

/// <summary>A grant that nobody needs.</summary>
/// <param name="Role">Who has it, quoted; PUBLIC for everybody.</param>
/// <param name="Message">What it allows.</param>
/// <param name="Revoke">The SQL that takes it away.</param>
/// <param name="IsFault">Everybody who can log in may do harm.</param>
internal sealed record WideGrant(string Role, string Message, string Revoke, bool IsFault);
