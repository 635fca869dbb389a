-- Who is editing what.

-- name: insert_lock
-- Take a lock that nobody has.
INSERT INTO edit_lock (merchant_id, kind, object_id, actor, username, user_id, user_named, locked_at, lapses_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT ON CONSTRAINT edit_lock_is_held_once DO NOTHING
RETURNING true;

-- name: hold_lock
-- Whoever has the lock, who cannot lose it to anybody else before this commits.
SELECT object_id, actor, username, user_id, user_named, locked_at, lapses_at
  FROM edit_lock
 WHERE merchant_id = $1 AND kind = $2 AND object_id = $3
   FOR UPDATE;

-- name: replace_lock
-- Renew the lock, or hand it to another.
UPDATE edit_lock
   SET actor = $4, username = $5, user_id = $6, user_named = $7, locked_at = $8, lapses_at = $9
 WHERE merchant_id = $1 AND kind = $2 AND object_id = $3;

-- name: remove_lock
-- Nobody edits it any more.
DELETE FROM edit_lock WHERE merchant_id = $1 AND kind = $2 AND object_id = $3;

-- name: get_locks
-- Who edits any of these, or anything of the kind where none are named.
SELECT object_id, actor, username, user_id, user_named, locked_at, lapses_at
  FROM edit_lock
 WHERE merchant_id = $1 AND kind = $2 AND ($3::bigint[] IS NULL OR object_id = ANY ($3::bigint[])) AND lapses_at > $4;
