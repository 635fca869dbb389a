-- The sums by day, as reports read them. What came since is added by the reader.

-- name: sum_parts
-- What was moved in each part of time, of which these are the first days in order: the part before them all is 0.
SELECT width_bucket(day, $2::date[]) AS part, source, target, sum(entries)::bigint AS entries,
       sum(points)::bigint AS points
  FROM points_day
 WHERE merchant_id = $1
 GROUP BY 1, 2, 3;

-- name: sum_reasons
-- What was moved between two days, by reason.
SELECT source, target, reason, sum(entries)::bigint AS entries, sum(points)::bigint AS points
  FROM points_day
 WHERE merchant_id = $1 AND day BETWEEN $2 AND $3
 GROUP BY source, target, reason;

-- name: count_active
-- How many accounts were active between two days: those with a day in the period and the next one after it.
SELECT coalesce(sum(accounts), 0)::bigint
  FROM active_gap
 WHERE merchant_id = $1 AND day BETWEEN $2 AND $3 AND next_day > $3;

-- name: count_active_by
-- The same for each day, week or month that begins between two days.
SELECT period.starts, coalesce(sum(active_gap.accounts), 0)::bigint AS accounts
  FROM unnest($2::date[], $3::date[]) AS period (starts, ends)
  LEFT JOIN active_gap
    ON active_gap.merchant_id = $1 AND active_gap.day BETWEEN period.starts AND period.ends
   AND active_gap.next_day > period.ends
 GROUP BY period.starts
 ORDER BY period.starts;

-- name: sum_reward_use
-- What was taken for rewards between two days, by rule.
SELECT rule_id, currency, source, target, sum(entries)::bigint AS entries, sum(points)::bigint AS points,
       sum(value_minor)::bigint AS value_minor
  FROM reward_day
 WHERE merchant_id = $1 AND day BETWEEN $2 AND $3
 GROUP BY rule_id, currency, source, target;

-- name: list_cohorts
-- Who of those who joined from a month on was active when.
SELECT joined, active, accounts FROM active_cohort WHERE merchant_id = $1 AND joined >= $2 AND accounts <> 0;

-- name: count_refusals
-- Refusals between two moments, by code and what was asked for.
SELECT code, command, count(*) AS refusals
  FROM decision
 WHERE merchant_id = $1 AND recorded_at >= $2 AND recorded_at < $3
 GROUP BY code, command
 ORDER BY refusals DESC, code;
