-- The record of which migrations a database has seen. It belongs to the whole database, not to a merchant.

-- name: lock_migrations
-- Two processes that start together must not migrate together; the lock ends with its transaction, so a pooler is fine.
SELECT pg_advisory_xact_lock($1);

-- name: create_schema_migration
-- The table that says what was applied is itself no migration: it must be there before the first.
CREATE TABLE IF NOT EXISTS schema_migration (
    number     integer     NOT NULL,
    name       text        NOT NULL,
    checksum   text        NOT NULL,
    applied_at timestamptz NOT NULL,
    CONSTRAINT schema_migration_applied_once PRIMARY KEY (number)
);

-- name: find_schema_migration
-- A look at a new database must not change it, so we ask for the table before we ask the table.
SELECT to_regclass('schema_migration') IS NOT NULL;

-- name: list_applied
-- What was applied, and out of which text, is compared with the files before anything else happens.
SELECT number, name, checksum FROM schema_migration ORDER BY number;

-- name: record_applied
-- Written in the migration's own transaction, so that it is there if, and only if, the migration is.
INSERT INTO schema_migration (number, name, checksum, applied_at) VALUES ($1, $2, $3, $4);
