-- Operators whom a provider of OpenID Connect knows.

-- name: find_signed_on
-- Whoever signed on as this subject before.
SELECT operator_id, username, disabled_at FROM operator WHERE issuer = $1 AND subject = $2;

-- name: find_by_address
-- Whose name this address of email is, whom the provider has not signed on yet.
SELECT operator_id, username, disabled_at, issuer FROM operator WHERE lower(username) = $1 ORDER BY operator_id;

-- name: remember_subject
-- From now on this subject is that person, whatever becomes of the address.
UPDATE operator SET issuer = $2, subject = $3 WHERE operator_id = $1 AND issuer IS NULL RETURNING true;

-- name: get_roles
-- What a person may do where.
SELECT merchant_id, role FROM operator_role WHERE operator_id = $1 ORDER BY merchant_id;
