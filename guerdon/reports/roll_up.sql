-- Sums by day. Only whoever holds the row of roll_up adds to them, so that what is marked as added is what was added.

-- name: begin_roll_up
-- The row to lock, where there is none yet.
INSERT INTO roll_up (merchant_id, changed_at, account_id)
VALUES ($1, '0001-01-01 00:00:00+00', 0)
    ON CONFLICT ON CONSTRAINT roll_up_is_of_one_merchant DO NOTHING;

-- name: lock_roll_up
-- How far the accounts were looked through; nobody else adds until the transaction ends.
SELECT changed_at, account_id FROM roll_up WHERE merchant_id = $1 FOR UPDATE;

-- name: get_reached
-- The same for whoever only reads.
SELECT changed_at, account_id FROM roll_up WHERE merchant_id = $1;

-- name: save_reached
-- Look on from here; with a time, all there was then is added.
UPDATE roll_up
   SET changed_at = $2, account_id = $3, looked_at = coalesce($4::timestamptz, looked_at)
 WHERE merchant_id = $1;

-- name: mark_accounts
-- So many entries of each account are in the sums.
INSERT INTO rolled_account (merchant_id, account_id, entries, joined)
SELECT $1, account_id, upto, joined
  FROM unnest($2::bigint[], $3::bigint[], $4::date[]) AS new (account_id, upto, joined)
    ON CONFLICT ON CONSTRAINT rolled_account_is_known_by_id DO UPDATE SET entries = excluded.entries;

-- name: add_points
-- What was moved.
INSERT INTO points_day (merchant_id, day, source, target, reason, entries, points)
SELECT $1, day, source, target, reason, entries, points
  FROM unnest($2::date[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[])
       AS new (day, source, target, reason, entries, points)
    ON CONFLICT ON CONSTRAINT points_day_is_summed_once DO UPDATE
   SET entries = points_day.entries + excluded.entries, points = points_day.points + excluded.points;

-- name: sum_rewards
-- What was taken for redemptions, by their rules. What each is worth counts where it was taken whole.
SELECT taken.day, redemption.rule_id, redemption.currency, taken.source, taken.target,
       sum(taken.entries)::bigint AS entries, sum(taken.points)::bigint AS points,
       sum(taken.entries * redemption.value_minor)::bigint AS value_minor
  FROM unnest($2::date[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::bigint[])
       AS taken (day, redemption_id, source, target, entries, points)
  JOIN redemption
    ON redemption.merchant_id = $1 AND redemption.redemption_id = taken.redemption_id
 GROUP BY 1, 2, 3, 4, 5;

-- name: add_rewards
-- What was taken for rewards.
INSERT INTO reward_day (merchant_id, day, rule_id, currency, source, target, entries, points, value_minor)
SELECT $1, day, rule_id, currency, source, target, entries, points, value_minor
  FROM unnest($2::date[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::bigint[])
       AS new (day, rule_id, currency, source, target, entries, points, value_minor)
    ON CONFLICT ON CONSTRAINT reward_day_is_summed_once DO UPDATE
   SET entries = reward_day.entries + excluded.entries, points = reward_day.points + excluded.points,
       value_minor = reward_day.value_minor + excluded.value_minor;

-- name: add_gaps
-- Who was active when.
INSERT INTO active_gap (merchant_id, day, next_day, accounts)
SELECT $1, day, next_day, accounts
  FROM unnest($2::date[], $3::date[], $4::bigint[]) AS new (day, next_day, accounts)
    ON CONFLICT ON CONSTRAINT active_gap_is_counted_once DO UPDATE
   SET accounts = active_gap.accounts + excluded.accounts;

-- name: add_cohorts
-- Who of those who joined together was active when.
INSERT INTO active_cohort (merchant_id, joined, active, accounts)
SELECT $1, joined, active, accounts
  FROM unnest($2::date[], $3::date[], $4::bigint[]) AS new (joined, active, accounts)
    ON CONFLICT ON CONSTRAINT active_cohort_is_counted_once DO UPDATE
   SET accounts = active_cohort.accounts + excluded.accounts;
