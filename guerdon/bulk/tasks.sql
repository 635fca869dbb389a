-- What is to be done for imports and exports, one worker at each.

-- name: want_task
-- Something is to be done from now on; whoever was at other work for the same thing has lost it.
INSERT INTO bulk_task (
    merchant_id, task_id, work, force, actor, stage, done, total, before, asked_at, began_at, updated_at, worker,
    leased_until
)
VALUES ($1, $2, $3, $4, $5, 'waiting', 0, 0, 0, $6, NULL, $6, NULL, NULL)
    ON CONFLICT ON CONSTRAINT bulk_task_is_of_one_thing DO UPDATE
   SET work = excluded.work, force = excluded.force, actor = excluded.actor, stage = 'waiting', done = 0, total = 0,
       before = 0, asked_at = excluded.asked_at, began_at = NULL, updated_at = excluded.updated_at, worker = NULL,
       leased_until = NULL;

-- name: list_tasks
-- What nobody is at, longest asked first: a plain read over all merchants. The work itself names one.
SELECT merchant_id, task_id
  FROM bulk_task
 WHERE leased_until IS NULL OR leased_until <= $1
 ORDER BY asked_at, merchant_id, task_id
 LIMIT 20;

-- name: take_task
-- Be at a task, unless somebody is.
UPDATE bulk_task
   SET worker = $3, leased_until = $5, began_at = $4, updated_at = $4, stage = 'waiting', done = 0, total = 0,
       before = 0
 WHERE merchant_id = $1 AND task_id = $2 AND (leased_until IS NULL OR leased_until <= $4)
RETURNING task_id, work, force, actor;

-- name: beat_task
-- How far it has come, and that somebody is still at it; no row where the task was taken away.
UPDATE bulk_task
   SET before = CASE WHEN stage = $4 THEN before ELSE $5::bigint END,
       began_at = CASE WHEN stage = $4 THEN began_at ELSE $7::timestamptz END, stage = $4, done = $5, total = $6,
       updated_at = $7, leased_until = $8
 WHERE merchant_id = $1 AND task_id = $2 AND worker = $3
RETURNING task_id;

-- name: release_task
-- Let another worker go on with it.
UPDATE bulk_task
   SET worker = NULL, leased_until = NULL
 WHERE merchant_id = $1 AND task_id = $2 AND worker = $3;

-- name: hold_task
-- Whether this worker is still at it, which nobody changes until the end of the transaction.
SELECT task_id FROM bulk_task WHERE merchant_id = $1 AND task_id = $2 AND worker = $3 FOR UPDATE;

-- name: drop_task
-- It is done, or not wanted any more.
DELETE FROM bulk_task WHERE merchant_id = $1 AND task_id = $2;

-- name: get_tasks
-- How far these have come.
SELECT task_id, work, stage, done, total, before, began_at, updated_at
  FROM bulk_task
 WHERE merchant_id = $1 AND task_id = ANY ($2::bigint[]);
