-- Exports that a worker writes, to be fetched afterwards.

-- name: insert_export
-- Something is to be written out.
INSERT INTO export_file (
    merchant_id, export_id, kind, format, state, rows, bytes, problem, actor, created_at, updated_at
)
VALUES ($1, $2, $3, $4, 'running', 0, 0, NULL, $5, $6, $6);

-- name: get_export
-- One export.
SELECT export_id, kind, format, state, rows, bytes, problem, actor, created_at, updated_at
  FROM export_file
 WHERE merchant_id = $1 AND export_id = $2;

-- name: page_exports
-- The next exports, newest first.
SELECT export_id, kind, format, state, rows, bytes, problem, actor, created_at, updated_at
  FROM export_file
 WHERE merchant_id = $1
   AND ($2::timestamptz IS NULL OR (created_at, export_id) < ($2::timestamptz, $3::bigint))
 ORDER BY created_at DESC, export_id DESC
 LIMIT $4;

-- name: insert_export_piece
-- The next piece of the file.
INSERT INTO export_piece (merchant_id, export_id, number, bytes) VALUES ($1, $2, $3, $4);

-- name: get_export_piece
-- A piece of the file.
SELECT bytes FROM export_piece WHERE merchant_id = $1 AND export_id = $2 AND number = $3;

-- name: delete_export_pieces
-- The file is written anew, or not needed any more.
DELETE FROM export_piece WHERE merchant_id = $1 AND export_id = $2;

-- name: end_export
-- What became of it.
UPDATE export_file
   SET state = $3, rows = $4, bytes = $5, problem = $6, updated_at = $7
 WHERE merchant_id = $1 AND export_id = $2;

-- name: list_old_exports
-- Files that have been there for long.
SELECT export_id
  FROM export_file
 WHERE merchant_id = $1 AND created_at < $2 AND state = 'complete'
 ORDER BY created_at, export_id
 LIMIT 20;

-- name: forget_export
-- What was written remains known; the file is gone.
UPDATE export_file SET state = 'forgotten' WHERE merchant_id = $1 AND export_id = $2;
