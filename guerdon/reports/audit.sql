-- What the sums by day hold, for their proof.

-- name: all_points
-- What was moved, all of it.
SELECT day, source, target, reason, entries, points FROM points_day WHERE merchant_id = $1;

-- name: all_rewards
-- What was taken for rewards.
SELECT day, rule_id, currency, source, target, entries, points, value_minor FROM reward_day WHERE merchant_id = $1;

-- name: all_gaps
-- Who was active when.
SELECT day, next_day, accounts FROM active_gap WHERE merchant_id = $1 AND accounts <> 0;

-- name: all_cohorts
-- Who of those who joined together was active when.
SELECT joined, active, accounts FROM active_cohort WHERE merchant_id = $1 AND accounts <> 0;
