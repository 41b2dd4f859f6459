-- See skip_recorded_migration.
DROP TRIGGER IF EXISTS synckit_migrations_trigger ON __synckit_migrations;

CREATE TRIGGER synckit_migrations_trigger
    BEFORE INSERT ON __synckit_migrations
    FOR EACH ROW
    EXECUTE FUNCTION skip_recorded_migration();
