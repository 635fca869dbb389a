-- The codes that a person signs in with besides a password.

-- name: get_codes
-- What checks a person's codes.
SELECT username, totp_secret, totp_since, totp_step, recovery_codes FROM operator WHERE operator_id = $1;

-- name: lock_codes
-- The same, before one of them is used up.
SELECT username, totp_secret, totp_since, totp_step, recovery_codes FROM operator WHERE operator_id = $1 FOR UPDATE;

-- name: offer_secret
-- A secret that counts once a code of it was shown.
UPDATE operator SET totp_secret = $2 WHERE operator_id = $1 AND totp_since IS NULL RETURNING true;

-- name: start_codes
-- Codes are asked for from now on.
UPDATE operator SET totp_since = $2, totp_step = $3, recovery_codes = $4 WHERE operator_id = $1;

-- name: use_step
-- The code of a moment opens once, and none before it after that.
UPDATE operator SET totp_step = $2 WHERE operator_id = $1;

-- name: use_recovery_code
-- It is used up.
UPDATE operator SET recovery_codes = array_remove(recovery_codes, $2) WHERE operator_id = $1;

-- name: replace_recovery_codes
-- Those from before are worth nothing any more.
UPDATE operator SET recovery_codes = $2 WHERE operator_id = $1;

-- name: stop_codes
-- No code is asked for any more.
UPDATE operator
   SET totp_secret = NULL, totp_since = NULL, totp_step = NULL, recovery_codes = '{}'
 WHERE operator_id = $1 AND totp_secret IS NOT NULL
RETURNING totp_since;
