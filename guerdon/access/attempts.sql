-- How often signing in has failed, and how long to wait.

-- name: find_place
-- Whether this person has signed in from there since.
SELECT true FROM sign_in_count WHERE counted = $1 AND last_at >= $2;

-- name: claim_attempt
-- One more attempt, counted as failed before it is known, so that many at once are counted too; no row where it is to
-- wait. After $3 of them in a row each waits twice as long as the one before, and what is older than $4 is forgotten.
INSERT INTO sign_in_count AS before (counted, failures, last_at, open_at)
VALUES ($1, 1, $2, NULL)
    ON CONFLICT ON CONSTRAINT sign_in_count_is_kept_once DO UPDATE
   SET failures = CASE WHEN before.last_at < $4 THEN 1 ELSE before.failures + 1 END,
       last_at = excluded.last_at,
       open_at = CASE
           WHEN before.last_at < $4 OR before.failures + 1 < $3::integer THEN NULL
           ELSE excluded.last_at
              + least(interval '15 minutes', interval '1 second' * power(2, least(before.failures + 1 - $3::integer, 20)))
       END
 WHERE before.open_at IS NULL OR before.open_at <= excluded.last_at
RETURNING failures;

-- name: get_wait
-- When the next attempt may be made.
SELECT open_at FROM sign_in_count WHERE counted = $1;

-- name: clear_attempts
-- It went well: what failed before counts no more. The row stays for a place from where somebody signs in.
INSERT INTO sign_in_count (counted, failures, last_at, open_at)
VALUES ($1, 0, $2, NULL)
    ON CONFLICT ON CONSTRAINT sign_in_count_is_kept_once DO UPDATE
   SET failures = 0, last_at = excluded.last_at, open_at = NULL;

-- name: excuse_attempt
-- It went well, so it was none of the failures that are counted; those before it still are.
UPDATE sign_in_count SET failures = greatest(0, failures - 1), open_at = NULL WHERE counted = $1;

-- name: forget_attempts
-- What nobody has come back to for so long.
DELETE FROM sign_in_count WHERE last_at < $1;
