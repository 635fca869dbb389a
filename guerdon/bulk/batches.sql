-- Imports and their chunks.

-- name: insert_batch
-- A file comes in; if it has begun already, that is the batch.
INSERT INTO import_batch (
    merchant_id, batch_id, kind, file, fingerprint, options, state, rows, points, used, actor, created_at, updated_at
)
VALUES ($1, $2, $3, $4, $5, $6, 'running', $7, $8, $9, $10, $11, $11)
    ON CONFLICT DO NOTHING;

-- name: find_batch
-- The import of a file that is not undone.
SELECT batch_id
  FROM import_batch
 WHERE merchant_id = $1 AND kind = $2 AND fingerprint = $3 AND state IN ('running', 'stopped', 'complete');

-- name: get_batches
-- Imports by id, or all of a merchant where no ids are given, with how far they have come.
SELECT import_batch.batch_id, kind, file, fingerprint, options, state, import_batch.rows, import_batch.points,
       import_batch.used, actor, created_at, updated_at, outcome, problem, done.chunks, done.rows, done.members
  FROM import_batch
 CROSS JOIN LATERAL (
       SELECT count(*) AS chunks, coalesce(sum(import_chunk.rows), 0)::bigint AS rows,
              coalesce(sum(cardinality(created)), 0)::bigint AS members
         FROM import_chunk
        WHERE import_chunk.merchant_id = $1 AND import_chunk.batch_id = import_batch.batch_id
       ) AS done
 WHERE import_batch.merchant_id = $1 AND ($2::bigint[] IS NULL OR import_batch.batch_id = ANY ($2::bigint[]))
 ORDER BY created_at, import_batch.batch_id;

-- name: lock_batch
-- A chunk is not written while its import is taken back, and the other way round.
SELECT state FROM import_batch WHERE merchant_id = $1 AND batch_id = $2 FOR SHARE;

-- name: set_state
-- How far an import, or its undoing, has come.
UPDATE import_batch
   SET state = $3, updated_at = $4, problem = $5, outcome = coalesce($6::jsonb, outcome)
 WHERE merchant_id = $1 AND batch_id = $2;

-- name: change_state
-- The same, from a state that allows it; why it did not go on is over.
UPDATE import_batch
   SET state = $4, updated_at = $5, problem = NULL
 WHERE merchant_id = $1 AND batch_id = $2 AND state = ANY ($3::text[])
RETURNING batch_id;

-- name: page_batches
-- The next imports, newest first.
SELECT batch_id
  FROM import_batch
 WHERE merchant_id = $1 AND state <> 'receiving'
   AND ($2::timestamptz IS NULL OR (created_at, batch_id) < ($2::timestamptz, $3::bigint))
 ORDER BY created_at DESC, batch_id DESC
 LIMIT $4;

-- name: insert_chunk
-- Rows that are committed with this row: a chunk is done once.
INSERT INTO import_chunk (
    merchant_id, batch_id, number, rows, points, used, points_by_history, used_by_history, created, accounts,
    recorded_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::text::bigint[], $10::text::bigint[], $11);

-- name: list_chunk_numbers
-- What is done already, so that a killed import goes on after it.
SELECT number FROM import_chunk WHERE merchant_id = $1 AND batch_id = $2;

-- name: list_chunks
-- The next few chunks that are not undone.
SELECT number, rows, points, used, points_by_history, used_by_history, created, accounts, recorded_at
  FROM import_chunk
 WHERE merchant_id = $1 AND batch_id = $2 AND number > $3 AND undone_at IS NULL
 ORDER BY number
 LIMIT 8;

-- name: mark_undone
-- A chunk is undone once.
UPDATE import_chunk
   SET undone_at = $4
 WHERE merchant_id = $1 AND batch_id = $2 AND number = $3 AND undone_at IS NULL
RETURNING number;
