-- Files that were sent in, and what is wrong in them.

-- name: receive_batch
-- A file begins to come in.
INSERT INTO import_batch (
    merchant_id, batch_id, kind, file, fingerprint, options, state, rows, points, used, actor, created_at, updated_at
)
VALUES ($1, $2, $3, $4, '', $5, 'receiving', 0, 0, 0, $6, $7, $7);

-- name: insert_file
-- How it is to be read and written.
INSERT INTO import_file (merchant_id, batch_id, reading, options, bytes) VALUES ($1, $2, $3, $4, 0);

-- name: insert_piece
-- The next piece of it.
INSERT INTO import_piece (merchant_id, batch_id, number, bytes) VALUES ($1, $2, $3, $4);

-- name: set_size
-- All of it is here.
UPDATE import_file SET bytes = $3 WHERE merchant_id = $1 AND batch_id = $2;

-- name: set_fingerprint
-- What tells the file from others.
UPDATE import_batch
   SET fingerprint = $3, state = 'looking', updated_at = $4
 WHERE merchant_id = $1 AND batch_id = $2 AND state = 'receiving';

-- name: find_waiting
-- The same file, to be read and written in the same way, of which nothing is written yet.
SELECT import_batch.batch_id, import_file.reading
  FROM import_batch
  JOIN import_file
    ON import_file.merchant_id = $1 AND import_file.batch_id = import_batch.batch_id
 WHERE import_batch.merchant_id = $1 AND import_batch.kind = $2 AND import_batch.fingerprint = $3
   AND import_batch.state IN ('looking', 'ready') AND import_file.options = $4::jsonb
 ORDER BY import_batch.created_at, import_batch.batch_id;

-- name: get_piece
-- A piece of a file.
SELECT bytes FROM import_piece WHERE merchant_id = $1 AND batch_id = $2 AND number = $3;

-- name: get_files
-- How files are to be read and written, and what was found in them.
SELECT batch_id, reading, options, bytes, looked
  FROM import_file
 WHERE merchant_id = $1 AND batch_id = ANY ($2::bigint[]);

-- name: set_looked
-- What the look at a file has found.
UPDATE import_file SET looked = $3 WHERE merchant_id = $1 AND batch_id = $2;

-- name: set_totals
-- What the good rows of a file come to.
UPDATE import_batch
   SET rows = $3, points = $4, used = $5, updated_at = $6
 WHERE merchant_id = $1 AND batch_id = $2;

-- name: set_options
-- How it is to be written after all.
UPDATE import_file SET options = $3 WHERE merchant_id = $1 AND batch_id = $2;

-- name: set_kept_options
-- What it has to have in common with its beginning when it goes on.
UPDATE import_batch SET options = $3 WHERE merchant_id = $1 AND batch_id = $2;

-- name: delete_bad_rows
-- A file is looked at anew, or forgotten.
DELETE FROM import_bad_row WHERE merchant_id = $1 AND batch_id = $2;

-- name: insert_bad_rows
-- What is wrong, with the rows as they stand in the file.
INSERT INTO import_bad_row (merchant_id, batch_id, line, field, value, reason, record)
SELECT $1, $2, line, field, value, reason, record
  FROM json_to_recordset($3::json) AS bad (line bigint, field text, value text, reason text, record json);

-- name: list_bad_rows
-- The next rows that cannot be taken.
SELECT line, field, value, reason, record
  FROM import_bad_row
 WHERE merchant_id = $1 AND batch_id = $2 AND line > $3
 ORDER BY line
 LIMIT $4;

-- name: delete_pieces
-- A file is not needed any more.
DELETE FROM import_piece WHERE merchant_id = $1 AND batch_id = $2;

-- name: delete_file
-- Nothing of it is left.
DELETE FROM import_file WHERE merchant_id = $1 AND batch_id = $2;

-- name: delete_batch
-- It never came to anything.
DELETE FROM import_batch WHERE merchant_id = $1 AND batch_id = $2 AND state = 'receiving';

-- name: list_old_files
-- Files of imports that nothing has happened to since, and that nobody is at.
SELECT import_batch.batch_id
  FROM import_file
  JOIN import_batch
    ON import_batch.merchant_id = $1 AND import_batch.batch_id = import_file.batch_id
 WHERE import_file.merchant_id = $1 AND import_batch.updated_at < $2
   AND NOT EXISTS (
       SELECT FROM bulk_task WHERE bulk_task.merchant_id = $1 AND bulk_task.task_id = import_batch.batch_id
       )
 ORDER BY import_batch.batch_id
 LIMIT 20;
