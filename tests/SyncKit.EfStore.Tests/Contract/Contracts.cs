namespace SyncKit.EfStore.Tests.Contract;

[TestClass]
public sealed class PostgresAppendContract : AppendContract<PostgresFixture>;

[TestClass]
public sealed class SqliteAppendContract : AppendContract<SqliteFixture>;

[TestClass]
public sealed class PostgresIdempotencyContract : IdempotencyContract<PostgresFixture>;

[TestClass]
public sealed class SqliteIdempotencyContract : IdempotencyContract<SqliteFixture>;

[TestClass]
public sealed class PostgresReadContract : ReadContract<PostgresFixture>;

[TestClass]
public sealed class SqliteReadContract : ReadContract<SqliteFixture>;

[TestClass]
public sealed class PostgresValueContract : ValueContract<PostgresFixture>;

[TestClass]
public sealed class SqliteValueContract : ValueContract<SqliteFixture>;

[TestClass]
public sealed class PostgresRefusalContract : RefusalContract<PostgresFixture>;

[TestClass]
public sealed class SqliteRefusalContract : RefusalContract<SqliteFixture>;

[TestClass]
public sealed class PostgresConcurrencyContract : ConcurrencyContract<PostgresFixture>;

[TestClass]
public sealed class SqliteConcurrencyContract : ConcurrencyContract<SqliteFixture>;

[TestClass]
public sealed class MirrorAppendContract : AppendContract<MirrorFixture>;

[TestClass]
public sealed class MirrorIdempotencyContract : IdempotencyContract<MirrorFixture>;

[TestClass]
public sealed class MirrorReadContract : ReadContract<MirrorFixture>;

[TestClass]
public sealed class MirrorValueContract : ValueContract<MirrorFixture>;

[TestClass]
public sealed class MirrorRefusalContract : RefusalContract<MirrorFixture>;

[TestClass]
public sealed class MirrorConcurrencyContract : ConcurrencyContract<MirrorFixture>;
