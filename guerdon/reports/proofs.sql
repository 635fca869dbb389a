-- Proofs of the books that people asked for.

-- name: insert_proof
-- One to be made. Nothing, if one is under way.
INSERT INTO proof (merchant_id, proof_id, state, part, done, total, findings, actor, asked_at)
VALUES ($1, nextval('proof_sequence'), 'waiting', '', 0, 0, '[]', $2, $3)
    ON CONFLICT DO NOTHING
RETURNING proof_id;

-- name: get_alone
-- The one that is under way.
SELECT proof_id FROM proof WHERE merchant_id = $1 AND state IN ('waiting', 'running');

-- name: get_proof
-- One.
SELECT proof_id, state, part, done, total, findings, actor, asked_at, started_at, finished_at
  FROM proof
 WHERE merchant_id = $1 AND proof_id = $2;

-- name: list_proofs
-- Proofs, newest first, from before a place (asked, id) on.
SELECT proof_id, state, part, done, total, findings, actor, asked_at, started_at, finished_at
  FROM proof
 WHERE merchant_id = $1 AND ($2::timestamptz IS NULL OR (asked_at, proof_id) < ($2, $3::bigint))
 ORDER BY asked_at DESC, proof_id DESC
 LIMIT $4;

-- name: find_wanted_proofs
-- Proofs that nobody is at: a plain read over all merchants, of a few rows.
SELECT merchant_id, proof_id
  FROM proof
 WHERE state IN ('waiting', 'running') AND (worker IS NULL OR leased_until <= $1)
 ORDER BY asked_at, proof_id;

-- name: take_proof
-- Begin it, or begin it again where somebody died.
UPDATE proof
   SET state = 'running', part = '', done = 0, total = 0, worker = $3, leased_until = $5, started_at = $4
 WHERE merchant_id = $1 AND proof_id = $2 AND state IN ('waiting', 'running')
   AND (worker IS NULL OR leased_until <= $4)
RETURNING proof_id;

-- name: note_progress
-- How far it has come; nothing, where another has taken it.
UPDATE proof
   SET part = $4, done = $5, total = $6, leased_until = $7
 WHERE merchant_id = $1 AND proof_id = $2 AND worker = $3 AND state = 'running'
RETURNING proof_id;

-- name: finish_proof
-- What it came to.
UPDATE proof
   SET state = $4, findings = $5, finished_at = $6, worker = NULL, leased_until = NULL
 WHERE merchant_id = $1 AND proof_id = $2 AND worker = $3 AND state = 'running';

-- name: leave_proof
-- Somebody else may begin it again at once.
UPDATE proof
   SET state = 'waiting', worker = NULL, leased_until = NULL
 WHERE merchant_id = $1 AND proof_id = $2 AND worker = $3 AND state = 'running';
