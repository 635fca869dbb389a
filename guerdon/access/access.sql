-- Keys of shops, tokens of their customers, and sign-ins of people.

-- name: find_key
-- A key that was not revoked, by the hash of its secret, with what signs the tokens of the merchant's customers.
SELECT api_key.key_id, api_key.kind, api_key.scopes, api_key.limit_per_second, api_key.origins,
       api_key.api_version, customer_token_secret.current, customer_token_secret.previous
  FROM api_key
  LEFT JOIN customer_token_secret ON customer_token_secret.merchant_id = api_key.merchant_id
 WHERE api_key.merchant_id = $1 AND api_key.secret_hash = $2 AND api_key.revoked_at IS NULL;

-- name: find_page_key
-- The oldest publishable key that was not revoked: the merchant's own pages here ask with it, and its limit is theirs.
SELECT api_key.key_id, api_key.kind, api_key.scopes, api_key.limit_per_second, api_key.origins,
       api_key.api_version, customer_token_secret.current, customer_token_secret.previous
  FROM api_key
  LEFT JOIN customer_token_secret ON customer_token_secret.merchant_id = api_key.merchant_id
 WHERE api_key.merchant_id = $1 AND api_key.kind = 'publishable' AND api_key.revoked_at IS NULL
 ORDER BY api_key.key_id
 LIMIT 1;

-- name: list_token_secrets
-- What may have signed the tokens and member codes of a merchant's customers.
SELECT current, previous FROM customer_token_secret WHERE merchant_id = $1;

-- name: insert_key
-- A new key; its secret is shown once and never stored.
INSERT INTO api_key (
    merchant_id, key_id, name, secret_hash, hint, scopes, created_at, kind, limit_per_second, origins
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: get_mode
-- Whether the merchant is live, which its keys say too.
SELECT mode FROM merchant WHERE merchant_id = $1;

-- name: list_keys
-- A merchant's keys, by their hints.
SELECT key_id, name, hint, created_at, revoked_at, kind, limit_per_second, scopes, origins
  FROM api_key
 WHERE merchant_id = $1
 ORDER BY key_id;

-- name: lock_key
-- Before a key is changed by somebody who insists on what it is.
SELECT key_id FROM api_key WHERE merchant_id = $1 AND key_id = $2 FOR NO KEY UPDATE;

-- name: limit_key
-- How often the key may ask from now on.
UPDATE api_key SET limit_per_second = $3 WHERE merchant_id = $1 AND key_id = $2;

-- name: pin_version
-- The version that the key is held to from its first use on.
UPDATE api_key SET api_version = coalesce(api_version, $3) WHERE merchant_id = $1 AND key_id = $2 RETURNING api_version;

-- name: revoke_key
-- The key opens nothing from now on.
UPDATE api_key SET revoked_at = $3 WHERE merchant_id = $1 AND key_id = $2 AND revoked_at IS NULL;

-- name: get_token_secret
-- What the merchant's server signs with now.
SELECT current FROM customer_token_secret WHERE merchant_id = $1;

-- name: rotate_token_secret
-- A new one to sign with. Tokens signed with the one before are still taken, until the next rotation.
INSERT INTO customer_token_secret (merchant_id, current, previous, rotated_at)
VALUES ($1, $2, NULL, $3)
    ON CONFLICT ON CONSTRAINT customer_token_secret_is_the_merchants DO UPDATE
   SET current = excluded.current, previous = customer_token_secret.current, rotated_at = excluded.rotated_at;

-- name: count_requests
-- Count $5 more requests of a key of which $6 may be made in second $3 of minute $4. Times that other clocks gave are
-- gone by as long as they are no more than seconds ahead. Requests over the limit do not count in the minute.
INSERT INTO api_key_use AS now_used (merchant_id, key_id, second_at, second_used, minute_at, minute_used)
VALUES ($1, $2, $3, $5::integer, $4, least($5::integer, $6::integer))
    ON CONFLICT ON CONSTRAINT api_key_use_is_counted_once DO UPDATE
   SET second_at = CASE
           WHEN excluded.second_at < now_used.second_at - interval '10 seconds' THEN excluded.second_at
           ELSE greatest(now_used.second_at, excluded.second_at)
       END,
       second_used = CASE
           WHEN excluded.second_at BETWEEN now_used.second_at - interval '10 seconds' AND now_used.second_at
           THEN now_used.second_used + excluded.second_used
           ELSE excluded.second_used
       END,
       minute_at = CASE
           WHEN excluded.second_at < now_used.second_at - interval '10 seconds' THEN excluded.minute_at
           ELSE greatest(now_used.minute_at, excluded.minute_at)
       END,
       minute_used = CASE
           WHEN excluded.second_at BETWEEN now_used.second_at - interval '10 seconds' AND now_used.second_at
           THEN now_used.minute_used + greatest(0, least($5::integer, $6::integer - now_used.second_used))
           WHEN excluded.minute_at = now_used.minute_at THEN now_used.minute_used + excluded.minute_used
           ELSE excluded.minute_used
       END
RETURNING second_at, second_used, minute_used;

-- name: find_operator
-- A person by name, with what they may do where.
SELECT operator.operator_id, operator.password_hash, operator_role.merchant_id, operator_role.role,
       operator.totp_since IS NOT NULL AS has_codes
  FROM operator
  JOIN operator_role ON operator_role.operator_id = operator.operator_id
 WHERE operator.username = $1 AND operator.disabled_at IS NULL
 ORDER BY operator_role.merchant_id;

-- name: find_username
-- Whose name this is.
SELECT operator_id FROM operator WHERE username = $1;

-- name: get_operator
-- A person by number, with what they may do where.
SELECT operator.username, operator_role.merchant_id, operator_role.role
  FROM operator
  JOIN operator_role ON operator_role.operator_id = operator.operator_id
 WHERE operator.operator_id = $1 AND operator.disabled_at IS NULL
 ORDER BY operator_role.merchant_id;

-- name: insert_operator
-- Somebody who may sign in, once there is a password or a single sign-on.
INSERT INTO operator (operator_id, username, password_hash, password_at, created_at, recovery_codes)
VALUES ($1, $2, $3::text, CASE WHEN $3::text IS NULL THEN NULL ELSE $4::timestamptz END, $4, '{}');

-- name: give_role
-- What an operator may do for a merchant.
INSERT INTO operator_role (merchant_id, operator_id, role)
VALUES ($1, $2, $3)
    ON CONFLICT ON CONSTRAINT operator_has_one_role_a_merchant DO UPDATE SET role = excluded.role;

-- name: list_operators
-- Who may sign in for a merchant.
SELECT operator.operator_id, operator.username, operator_role.role, operator.created_at, operator.disabled_at,
       operator.password_hash IS NOT NULL AS has_password, operator.totp_since IS NOT NULL AS has_codes,
       operator.subject IS NOT NULL AS signs_on, operator.invited_until,
       (SELECT max(seen_at) FROM operator_session WHERE operator_session.operator_id = operator.operator_id) AS seen_at
  FROM operator_role
  JOIN operator ON operator.operator_id = operator_role.operator_id
 WHERE operator_role.merchant_id = $1
 ORDER BY operator.operator_id;
