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

-- name: explain_awards
-- What was given for an order: by which rule, and why, in the sentence that is kept with the award.
SELECT explanation ->> 'rule', explanation ->> 'sentence'
  FROM award
 WHERE merchant_id = $1 AND subject = $2
 ORDER BY source;
