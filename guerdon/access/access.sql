-- Keys of shops and sign-ins of people.

-- name: find_key
-- A key that was not revoked, by the hash of its secret.
SELECT key_id, scopes
  FROM api_key
 WHERE merchant_id = $1 AND secret_hash = $2 AND revoked_at IS NULL;

-- name: insert_key
-- A new key; its secret is shown once and never stored.
INSERT INTO api_key (merchant_id, key_id, name, secret_hash, hint, scopes, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: list_keys
-- A merchant's keys, by their hints.
SELECT key_id, name, hint, scopes, created_at, revoked_at FROM api_key WHERE merchant_id = $1 ORDER BY key_id;

-- name: revoke_key
-- The key opens nothing from now on.
UPDATE api_key SET revoked_at = $3 WHERE merchant_id = $1 AND key_id = $2 AND revoked_at IS NULL;

-- name: find_operator
-- A person by name, with what they may do where.
SELECT operator.operator_id, operator.password_hash, operator_role.merchant_id, operator_role.role
  FROM operator
  JOIN operator_role ON operator_role.operator_id = operator.operator_id
 WHERE operator.username = $1 AND operator.disabled_at IS NULL
 ORDER BY operator_role.merchant_id;

-- name: insert_operator
-- Somebody who may sign in.
INSERT INTO operator (operator_id, username, password_hash, created_at) VALUES ($1, $2, $3, $4);

-- name: give_role
-- What an operator may do for a merchant.
INSERT INTO operator_role (merchant_id, operator_id, role)
VALUES ($1, $2, $3)
    ON CONFLICT ON CONSTRAINT operator_has_one_role_a_merchant DO UPDATE SET role = excluded.role;

-- name: list_operators
-- Who may sign in for a merchant.
SELECT operator.operator_id, operator.username, operator_role.role, operator.created_at, operator.disabled_at
  FROM operator_role
  JOIN operator ON operator.operator_id = operator_role.operator_id
 WHERE operator_role.merchant_id = $1
 ORDER BY operator.operator_id;
