-- What needs a person.

-- name: count_proposals
-- Adjustments that wait for a second person, and since when.
SELECT count(*) AS things, min(proposed_at) AS since
  FROM adjustment
 WHERE merchant_id = $1 AND state = 'proposed' AND expires_at > $2;

-- name: list_low_pools
-- Pools of codes that are low, as was told, or empty, with the codes that are left.
SELECT pool.rule_id, redemption_rule_version.terms ->> 'name' AS name,
       (SELECT count(*)
          FROM pool_code
         WHERE pool_code.merchant_id = $1 AND pool_code.rule_id = pool.rule_id AND pool_code.redemption_id IS NULL
       ) AS unused
  FROM pool
  JOIN redemption_rule
    ON redemption_rule.merchant_id = $1 AND redemption_rule.rule_id = pool.rule_id
  JOIN redemption_rule_version
    ON redemption_rule_version.merchant_id = $1 AND redemption_rule_version.rule_id = pool.rule_id
   AND redemption_rule_version.version = redemption_rule.version
 WHERE pool.merchant_id = $1 AND coalesce((redemption_rule_version.terms ->> 'active')::boolean, true)
   AND (pool.told IS NOT NULL
        OR NOT EXISTS (
            SELECT
              FROM pool_code
             WHERE pool_code.merchant_id = $1 AND pool_code.rule_id = pool.rule_id AND pool_code.redemption_id IS NULL
        ))
 ORDER BY unused, pool.rule_id
 LIMIT 20;

-- name: list_ailing_endpoints
-- Webhook endpoints that fail, or were switched off.
SELECT endpoint_id, name, state, coalesce(failing_since, updated_at) AS since
  FROM webhook_endpoint
 WHERE merchant_id = $1 AND (failing_since IS NOT NULL OR state = 'disabled')
 ORDER BY since, endpoint_id
 LIMIT 20;

-- name: get_night
-- Until which day the jobs are done, and since when there is a merchant.
SELECT night.day, merchant.created_at
  FROM merchant
  LEFT JOIN night
    ON night.merchant_id = merchant.merchant_id
 WHERE merchant.merchant_id = $1;

-- name: list_failed_jobs
-- Jobs that could not do everything, since a day.
SELECT job, sum(failed)::bigint AS failed, max(updated_at) AS since
  FROM job_run
 WHERE merchant_id = $1 AND day >= $2 AND failed > 0
 GROUP BY job
 ORDER BY job;

-- name: count_stuck_callbacks
-- Coupons that the merchant's own URL was to make or take back before a time, and has not.
SELECT count(*) AS things, min(asked_at) AS since
  FROM callback
 WHERE merchant_id = $1 AND state = 'waiting' AND asked_at < $2;

-- name: list_imports_to_see
-- Imports that wait for a word, or did not go on, since a time, with how many rows cannot be taken.
SELECT import_batch.batch_id, import_batch.file, import_batch.state, import_batch.updated_at,
       (SELECT count(*)
          FROM import_bad_row
         WHERE import_bad_row.merchant_id = $1 AND import_bad_row.batch_id = import_batch.batch_id) AS bad
  FROM import_batch
 WHERE import_batch.merchant_id = $1 AND import_batch.created_at >= $2
   AND import_batch.state IN ('ready', 'stopped', 'failed')
 ORDER BY import_batch.updated_at DESC
 LIMIT 20;

-- name: get_last_proof
-- The proof of the books that ended last.
SELECT proof_id, state, finished_at
  FROM proof
 WHERE merchant_id = $1 AND finished_at IS NOT NULL
 ORDER BY asked_at DESC, proof_id DESC
 LIMIT 1;
