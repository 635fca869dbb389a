-- Callbacks as rows. They are written with the books (rewards/pool_shelf.sql); here they are taken, noted and put off.

-- name: find_merchants
-- Which merchants have any that are due: a plain read over a small partial index.
SELECT DISTINCT merchant_id FROM callback WHERE state = 'waiting' AND next_attempt_at <= $1;

-- name: take_due
-- The next that are due, for as long as a call takes: whoever takes one and dies leaves it to others after that.
UPDATE callback
   SET next_attempt_at = $3, updated_at = $2
  FROM (
       SELECT redemption_id, kind
         FROM callback
        WHERE merchant_id = $1 AND state = 'waiting' AND next_attempt_at <= $2
        ORDER BY next_attempt_at
        LIMIT $4::integer
          FOR UPDATE SKIP LOCKED
       ) AS due
 WHERE callback.merchant_id = $1 AND callback.redemption_id = due.redemption_id AND callback.kind = due.kind
RETURNING callback.redemption_id, callback.kind, callback.code, callback.given_for, callback.attempts,
          callback.asked_at;

-- name: take_one
-- One of them, if it is due.
UPDATE callback
   SET next_attempt_at = $4, updated_at = $3
 WHERE merchant_id = $1 AND redemption_id = $2 AND kind = 'create' AND state = 'waiting' AND next_attempt_at <= $3
RETURNING redemption_id, kind, code, given_for, attempts, asked_at;

-- name: get_create
-- What became of a code that was asked for.
SELECT state, outcome FROM callback WHERE merchant_id = $1 AND redemption_id = $2 AND kind = 'create';

-- name: get_secret
-- What the URLs of a rule are told.
SELECT secret FROM callback_secret WHERE merchant_id = $1 AND rule_id = $2;

-- name: note_attempt
-- What was answered.
UPDATE callback
   SET attempts = attempts + 1, status = $4, response = $5, updated_at = $6
 WHERE merchant_id = $1 AND redemption_id = $2 AND kind = $3;

-- name: put_off
-- It is tried again later, unless it was settled or asked for anew meanwhile.
UPDATE callback
   SET next_attempt_at = $4, outcome = $5
 WHERE merchant_id = $1 AND redemption_id = $2 AND kind = $3 AND state = 'waiting' AND next_attempt_at = $6;

-- name: end_call
-- It is done, or given up, unless it was asked for anew meanwhile.
UPDATE callback
   SET state = $4, outcome = $5
 WHERE merchant_id = $1 AND redemption_id = $2 AND kind = $3 AND state = 'waiting' AND next_attempt_at = $6;
