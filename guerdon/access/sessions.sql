-- Who is signed in to the console.

-- name: open_session
-- Somebody signed in.
INSERT INTO operator_session (
    session_id, secret_hash, operator_id, merchant_id, opened_at, seen_at, user_agent, address
)
VALUES ($1, $2, $3, $4, $5, $5, $6, $7);

-- name: find_session
-- A session that has not ended, by the hash of its secret, with what its person may do where.
SELECT operator_session.session_id, operator_session.operator_id, operator.username, operator_session.merchant_id,
       operator_session.opened_at, operator_session.seen_at, operator_role.merchant_id AS works_for, operator_role.role
  FROM operator_session
  JOIN operator ON operator.operator_id = operator_session.operator_id
  JOIN operator_role ON operator_role.operator_id = operator_session.operator_id
 WHERE operator_session.secret_hash = $1
   AND operator_session.ended_at IS NULL
   AND operator_session.opened_at > $2 AND operator_session.seen_at > $3
   AND operator.disabled_at IS NULL;

-- name: see_session
-- It was used just now.
UPDATE operator_session SET seen_at = greatest(seen_at, $2) WHERE session_id = $1;

-- name: choose_merchant
-- It shows this merchant's programme from now on.
UPDATE operator_session SET merchant_id = $2 WHERE session_id = $1;

-- name: end_session
-- It opens nothing from now on.
UPDATE operator_session SET ended_at = $3 WHERE operator_id = $1 AND session_id = $2 AND ended_at IS NULL
RETURNING true;

-- name: end_sessions
-- All sessions of somebody but one, if any is to be kept, that still opened something.
UPDATE operator_session
   SET ended_at = $3
 WHERE operator_id = $1 AND ended_at IS NULL AND ($2::bigint IS NULL OR session_id <> $2) AND opened_at > $4
   AND seen_at > $5
RETURNING session_id;

-- name: list_sessions
-- Where somebody is signed in.
SELECT session_id, opened_at, seen_at, user_agent, address
  FROM operator_session
 WHERE operator_id = $1 AND ended_at IS NULL AND opened_at > $2 AND seen_at > $3
 ORDER BY seen_at DESC, session_id DESC;

-- name: forget_sessions
-- What nobody has used for so long.
DELETE FROM operator_session WHERE seen_at < $1;
