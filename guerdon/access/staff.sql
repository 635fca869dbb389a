-- Who works for a merchant, and as what.

-- name: get_person
-- A person by number, whoever they work for.
SELECT operator_id, username, password_hash, password_at, disabled_at, subject IS NOT NULL AS signs_on
  FROM operator
 WHERE operator_id = $1;

-- name: lock_person
-- The same, whom nobody else changes meanwhile.
SELECT operator_id, username, password_hash, password_at, disabled_at, subject IS NOT NULL AS signs_on
  FROM operator
 WHERE operator_id = $1
   FOR UPDATE;

-- name: lock_owners
-- The owners of a merchant who can sign in, none of whom ceases to be one meanwhile.
SELECT operator_role.operator_id
  FROM operator_role
  JOIN operator ON operator.operator_id = operator_role.operator_id
 WHERE operator_role.merchant_id = $1 AND operator_role.role = 'owner' AND operator.disabled_at IS NULL
   AND (operator.password_hash IS NOT NULL OR operator.subject IS NOT NULL)
 ORDER BY operator_role.operator_id
   FOR UPDATE;

-- name: get_role
-- What somebody is to a merchant.
SELECT role FROM operator_role WHERE merchant_id = $1 AND operator_id = $2;

-- name: take_role
-- Somebody works for a merchant no more.
DELETE FROM operator_role WHERE merchant_id = $1 AND operator_id = $2;

-- name: disable_operator
-- Somebody may sign in no more.
UPDATE operator SET disabled_at = coalesce(disabled_at, $2) WHERE operator_id = $1;

-- name: enable_operator
-- Somebody may sign in again.
UPDATE operator SET disabled_at = NULL WHERE operator_id = $1;

-- name: invite_operator
-- A link lets somebody choose a password; one that they had before is good until then, and links from before are not.
UPDATE operator SET invited_hash = $2, invited_until = $3 WHERE operator_id = $1;

-- name: find_invited
-- Whom a link was made for.
SELECT operator_id, username FROM operator WHERE invited_hash = $1 AND invited_until > $2 AND disabled_at IS NULL;

-- name: set_password
-- A new password; whatever link there was is used up.
UPDATE operator
   SET password_hash = $2, password_at = $3, invited_hash = NULL, invited_until = NULL
 WHERE operator_id = $1;

-- name: accept_invitation
-- The password chosen by a link, which whoever comes first uses up.
UPDATE operator
   SET password_hash = $2, password_at = $3, invited_hash = NULL, invited_until = NULL
 WHERE invited_hash = $1 AND invited_until > $3 AND disabled_at IS NULL
RETURNING operator_id;
