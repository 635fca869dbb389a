-- Endpoints, as their owners see and change them.

-- name: insert_endpoint
-- A new endpoint, which begins after what has happened so far, unless there are too many.
INSERT INTO webhook_endpoint (
    merchant_id, endpoint_id, name, url, format, topics, ordered, secret, state, sequence, created_at, updated_at
)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, 'enabled',
       coalesce((SELECT sequence FROM event_relay WHERE merchant_id = $1), 0), $9, $9
 WHERE (SELECT count(*) FROM webhook_endpoint WHERE merchant_id = $1) < $10
RETURNING endpoint_id;

-- name: list_endpoints
-- A merchant's endpoints, or one of them.
SELECT merchant_id, endpoint_id, name, url, format, topics, ordered, state, reason, failing_since, resume_at, sequence,
       created_at, updated_at
  FROM webhook_endpoint
 WHERE merchant_id = $1 AND ($2::bigint IS NULL OR endpoint_id = $2)
 ORDER BY endpoint_id;

-- name: update_endpoint
-- Another name, address, topics or order; what is waiting goes to the new address.
UPDATE webhook_endpoint
   SET name = $3, url = $4, topics = $5, ordered = $6, updated_at = $7
 WHERE merchant_id = $1 AND endpoint_id = $2;

-- name: rotate_secret
-- A new secret, beside which the one before counts for a while.
UPDATE webhook_endpoint
   SET secret = $3, secret_before = CASE WHEN $4::timestamptz > $5::timestamptz THEN secret END,
       secret_before_until = CASE WHEN $4 > $5 THEN $4 END, updated_at = $5
 WHERE merchant_id = $1 AND endpoint_id = $2;

-- name: set_endpoint_state
-- Enabled or disabled, with a clean slate; enabled again, it goes on where it was, or after what has happened so far.
UPDATE webhook_endpoint
   SET state = $3, reason = $4, failing_since = NULL, resume_at = NULL, updated_at = $5,
       sequence = CASE
           WHEN $6::boolean THEN coalesce((SELECT relay.sequence FROM event_relay AS relay WHERE relay.merchant_id = $1), 0)
           ELSE sequence
       END
 WHERE merchant_id = $1 AND endpoint_id = $2;

-- name: give_up_waiting
-- What waits for an endpoint that is to begin anew.
UPDATE delivery
   SET state = 'given_up', settled_at = $3
 WHERE merchant_id = $1 AND endpoint_id = $2 AND state = 'waiting';

-- name: delete_attempts
-- The attempts of an endpoint that is removed.
DELETE FROM delivery_attempt WHERE merchant_id = $1 AND endpoint_id = $2;

-- name: delete_deliveries
-- Its deliveries.
DELETE FROM delivery WHERE merchant_id = $1 AND endpoint_id = $2;

-- name: delete_endpoint
-- The endpoint itself.
DELETE FROM webhook_endpoint WHERE merchant_id = $1 AND endpoint_id = $2;

-- name: lock_endpoint
-- Before anything is written about an endpoint and its deliveries: its address, secrets and standing.
SELECT merchant_id, endpoint_id, name, url, format, topics, ordered, state, reason, failing_since, resume_at, sequence,
       created_at, updated_at, secret, CASE WHEN secret_before_until > $3 THEN secret_before END AS secret_before
  FROM webhook_endpoint
 WHERE merchant_id = $1 AND endpoint_id = $2
   FOR NO KEY UPDATE;
