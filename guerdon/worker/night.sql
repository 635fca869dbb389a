-- Whose night it is, who is at it, and how far the jobs have come.

-- name: list_nights
-- Until which day each merchant's work is done: a plain read over all merchants. The work itself names one.
SELECT merchant.merchant_id, merchant.timezone, night.day, night.leased_until
  FROM merchant
  LEFT JOIN night
    ON night.merchant_id = merchant.merchant_id
 ORDER BY merchant.merchant_id;

-- name: take_turn
-- Take a merchant's turn, unless another worker has it; one that has died loses it when its time is up.
INSERT INTO night (merchant_id, day, worker, leased_until)
VALUES ($1, NULL, $2, $4)
    ON CONFLICT ON CONSTRAINT night_is_of_one_merchant DO UPDATE
   SET worker = excluded.worker, leased_until = excluded.leased_until
 WHERE night.worker IS NULL OR night.leased_until <= $3
RETURNING merchant_id, day;

-- name: load_runs
-- How far each job of the day has come.
SELECT job, reached, finished_at FROM job_run WHERE merchant_id = $1 AND day = $2;

-- name: end_turn
-- Let others have the turn; with a day, its work is done. Changes nothing where the turn was lost meanwhile.
UPDATE night
   SET worker = NULL, leased_until = NULL, day = coalesce($3::date, day)
 WHERE merchant_id = $1 AND worker = $2;

-- name: save_runs
-- What the turn has done of each job.
INSERT INTO job_run (
    merchant_id, day, job, reached, done, points, failed, worker, started_at, updated_at, finished_at
)
SELECT $1, $2, job, reached, done, points, failed, $3, $4, $5, CASE WHEN finished THEN $5::timestamptz END
  FROM json_to_recordset($6::json) AS new (
           job text, reached jsonb, done bigint, points bigint, failed bigint, finished boolean
       )
    ON CONFLICT ON CONSTRAINT job_runs_once_a_day DO UPDATE
   SET reached = excluded.reached, done = job_run.done + excluded.done, points = job_run.points + excluded.points,
       failed = job_run.failed + excluded.failed, worker = excluded.worker, updated_at = excluded.updated_at,
       finished_at = excluded.finished_at;

-- name: list_runs
-- What the jobs of this merchant did of late, newest first.
SELECT day, job, done, points, failed, worker, started_at, updated_at, finished_at
  FROM job_run
 WHERE merchant_id = $1 AND day >= $2
 ORDER BY day DESC, started_at, job;
