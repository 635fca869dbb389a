-- What was answered under a client's key, for writes that do not go through the desk.

-- name: find_answer
-- What was answered before under the key.
SELECT fingerprint, body FROM answer WHERE merchant_id = $1 AND key = $2;

-- name: claim_key
-- The key is this request's, unless there is an answer already; whoever comes second waits here for the first.
INSERT INTO answer (merchant_id, key, fingerprint, body, recorded_at)
VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT ON CONSTRAINT answer_is_given_once DO NOTHING
RETURNING true;

-- name: keep_answer
-- What was answered under the key, in the commit of what it answers for.
UPDATE answer SET body = $3 WHERE merchant_id = $1 AND key = $2;
