-- Lets a data-only dump go into a database that was just migrated: both hold the rows of the migration history, and the second copy
-- of one would fail the restore.
CREATE OR REPLACE FUNCTION skip_recorded_migration()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
BEGIN
    IF EXISTS (SELECT FROM __synckit_migrations WHERE "MigrationId" = NEW."MigrationId") THEN
        RETURN NULL;
    END IF;

    RETURN NEW;
END
$function$;
