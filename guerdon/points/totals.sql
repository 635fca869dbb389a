-- What entries come to, read for the sums that guerdon/reports keeps by the day. Nothing here is locked: entries never
-- change, and those of an account up to a number are all there once the account counts so many.
--
-- Statements that take arrays of (account, before, upto) look at entries with before < number <= upto. An account is
-- active on days on which points were issued to it, or taken for a reward.
--
-- What is in the sums already is looked up for each account, and OFFSET 0 keeps it so: where the database was not
-- analysed for a while, the planner would rather go through all sums for each account.

-- name: find_changed_accounts
-- Accounts with entries that are not in the sums, in the order of their change, after a place (changed, account).
SELECT account.account_id, account.updated_minute, coalesce(rolled.entries, 0) AS before, account.entries AS upto,
       rolled.joined
  FROM account
  LEFT JOIN LATERAL (
       SELECT entries, joined
         FROM rolled_account
        WHERE merchant_id = $1 AND account_id = account.account_id
       OFFSET 0
       ) AS rolled
    ON true
 WHERE account.merchant_id = $1 AND (account.updated_minute, account.account_id) > ($2, $3::bigint)
   AND account.unit = 'points' AND account.entries > coalesce(rolled.entries, 0)
 ORDER BY account.updated_minute, account.account_id
 LIMIT $4;

-- name: find_behind_accounts
-- The same among accounts with $2 < account_id <= $3, whenever they changed.
SELECT account.account_id, account.updated_minute, coalesce(rolled.entries, 0) AS before, account.entries AS upto,
       rolled.joined
  FROM account
  LEFT JOIN LATERAL (
       SELECT entries, joined
         FROM rolled_account
        WHERE merchant_id = $1 AND account_id = account.account_id
       OFFSET 0
       ) AS rolled
    ON true
 WHERE account.merchant_id = $1 AND account.account_id > $2 AND account.account_id <= $3
   AND account.unit = 'points' AND account.entries > coalesce(rolled.entries, 0)
 ORDER BY account.account_id;

-- name: find_rolled_accounts
-- Accounts with $2 < account_id <= $3 of which entries are in the sums, with all of those.
SELECT account_id, 0::bigint AS before, entries AS upto, joined
  FROM rolled_account
 WHERE merchant_id = $1 AND account_id > $2 AND account_id <= $3
 ORDER BY account_id;

-- name: end_accounts
-- The last of the next so many accounts, and how many they are.
SELECT max(account_id) AS account_id, count(*) AS accounts
  FROM (
       SELECT account_id FROM account WHERE merchant_id = $1 AND account_id > $2 ORDER BY account_id LIMIT $3::integer
       ) AS next;

-- name: find_changed_merchants
-- Which merchants have such accounts and were not looked at since $1: a plain read over all merchants. The work itself
-- names one.
SELECT merchant.merchant_id
  FROM merchant
  LEFT JOIN roll_up
    ON roll_up.merchant_id = merchant.merchant_id
 WHERE (roll_up.looked_at IS NULL OR roll_up.looked_at <= $1)
   AND EXISTS (
       SELECT
         FROM account
         LEFT JOIN LATERAL (
              SELECT entries
                FROM rolled_account
               WHERE merchant_id = account.merchant_id AND account_id = account.account_id
              OFFSET 0
              ) AS rolled
           ON true
        WHERE account.merchant_id = merchant.merchant_id
          AND account.updated_minute >= coalesce(roll_up.changed_at, '0001-01-01 00:00:00+00')
          AND account.unit = 'points' AND account.entries > coalesce(rolled.entries, 0)
       )
 ORDER BY merchant.merchant_id;

-- name: find_joined
-- The month in which each account's members joined, or had their first entry, if that was before.
SELECT wanted.account_id,
       date_trunc('month', least(
           (SELECT min(member.created_at)
              FROM member_account
              JOIN member
                ON member.merchant_id = $1 AND member.member_id = member_account.member_id
             WHERE member_account.merchant_id = $1 AND member_account.account_id = wanted.account_id),
           (SELECT min(entry.occurred_at)
              FROM entry
             WHERE entry.merchant_id = $1 AND entry.account_id = wanted.account_id)
       ) AT TIME ZONE $3)::date AS joined
  FROM unnest($2::bigint[]) AS wanted (account_id);

-- name: sum_moves
-- By day and reason, what was moved from where to where.
SELECT (entry.occurred_at AT TIME ZONE $5)::date AS day, entry.source, entry.target, entry.reason,
       count(*) AS entries, sum(entry.points)::bigint AS points
  FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS wanted (account_id, before, upto)
  JOIN entry
    ON entry.merchant_id = $1 AND entry.account_id = wanted.account_id
   AND entry.number > wanted.before AND entry.number <= wanted.upto
 GROUP BY 1, 2, 3, 4;

-- name: sum_taken
-- By day and redemption, what was taken for it, kept, or came back.
SELECT (entry.occurred_at AT TIME ZONE $5)::date AS day, substr(entry.subject, 12)::bigint AS redemption_id,
       entry.source, entry.target, count(*) AS entries, sum(entry.points)::bigint AS points
  FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS wanted (account_id, before, upto)
  JOIN entry
    ON entry.merchant_id = $1 AND entry.account_id = wanted.account_id
   AND entry.number > wanted.before AND entry.number <= wanted.upto
 WHERE entry.subject ~ '^redemption:[0-9]+$'
 GROUP BY 1, 2, 3, 4;

-- name: sum_gaps
-- By how much the entries after `before` change how many accounts were active on a day and next on another.
WITH active AS (
    SELECT wanted.account_id, (entry.occurred_at AT TIME ZONE $5)::date AS day,
           bool_or(entry.number <= wanted.before) AS known
      FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS wanted (account_id, before, upto)
      JOIN entry
        ON entry.merchant_id = $1 AND entry.account_id = wanted.account_id AND entry.number <= wanted.upto
     WHERE entry.source = 'issued' OR entry.source = 'available' AND entry.target IN ('held', 'redeemed')
     GROUP BY 1, 2
), gaps AS (
    SELECT day, lead(day, 1, 'infinity') OVER (PARTITION BY account_id ORDER BY day) AS next_day, 1 AS change
      FROM active
     UNION ALL
    SELECT day, lead(day, 1, 'infinity') OVER (PARTITION BY account_id ORDER BY day), -1
      FROM active
     WHERE known
)
SELECT day, next_day, sum(change)::bigint AS accounts
  FROM gaps
 GROUP BY day, next_day
HAVING sum(change) <> 0;

-- name: sum_cohorts
-- By the month in which they joined, how many accounts the entries after `before` show active in a further month.
WITH active AS (
    SELECT wanted.account_id, wanted.joined,
           date_trunc('month', entry.occurred_at AT TIME ZONE $5)::date AS month,
           bool_or(entry.number <= wanted.before) AS known
      FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $6::date[]) AS wanted (account_id, before, upto, joined)
      JOIN entry
        ON entry.merchant_id = $1 AND entry.account_id = wanted.account_id AND entry.number <= wanted.upto
     WHERE entry.source = 'issued' OR entry.source = 'available' AND entry.target IN ('held', 'redeemed')
     GROUP BY 1, 2, 3
)
SELECT joined, month, count(*) AS accounts
  FROM active
 WHERE NOT known
 GROUP BY joined, month;

-- name: sum_expiring
-- The points of lots by the month in which they expire, as things stand; `infinity` for those that never do.
SELECT coalesce(
           date_trunc('month', CASE WHEN lot.rolling THEN account.lapses_at ELSE lot.expires_at END AT TIME ZONE $2),
           'infinity'
       )::date AS month,
       count(*) AS lots, sum(lot.available)::bigint AS points
  FROM lot
  JOIN account
    ON account.merchant_id = $1 AND account.account_id = lot.account_id
 WHERE lot.merchant_id = $1 AND lot.live
 GROUP BY 1
 ORDER BY 1;

-- name: sum_all_moves
-- For the proof: by day and reason, all that the sums should hold of accounts with $2 < account_id <= $3.
SELECT (entry.occurred_at AT TIME ZONE $4)::date AS day, entry.source, entry.target, entry.reason,
       count(*) AS entries, sum(entry.points)::bigint AS points
  FROM entry
 WHERE entry.merchant_id = $1 AND entry.account_id > $2 AND entry.account_id <= $3
   AND entry.number <= (
       SELECT rolled.entries
         FROM rolled_account AS rolled
        WHERE rolled.merchant_id = $1 AND rolled.account_id = entry.account_id
       )
 GROUP BY 1, 2, 3, 4;
