-- What the demo asks of the embedded PostgreSQL that it has to itself.

-- name: look_at_tables
-- Count what is in the tables, so that statements are planned for what is there now.
ANALYZE;

-- name: forget_everything
-- Start over, schema and all: the demo has made sure that nothing but its own merchant is there.
DROP SCHEMA public CASCADE;

-- name: make_room
-- Where the migrations put their tables.
CREATE SCHEMA public;
