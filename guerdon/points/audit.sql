-- The proof of the books. Every statement named find_… looks for one kind of contradiction among the accounts of a
-- merchant with $2 < account_id <= $3, and answers with (account_id, sentence): where nothing is wrong, with no row.
-- All run in one read-only snapshot, so that traffic beside them is neither seen nor held up.

-- name: fix_snapshot
-- Everything that one audit reads is of the same moment.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;

-- name: choose_plans
-- Tables may have grown by millions of rows since PostgreSQL last looked: what is many is joined as many.
SELECT set_config('enable_nestloop', 'off', true), set_config('plan_cache_mode', 'force_custom_plan', true);

-- name: count_accounts
-- How far there is to go.
SELECT count(*) FROM account WHERE merchant_id = $1;

-- name: end_chunk
-- The last of the next so many accounts, and how many they are.
SELECT max(account_id) AS account_id, count(*) AS accounts
  FROM (
       SELECT account_id FROM account WHERE merchant_id = $1 AND account_id > $2 ORDER BY account_id LIMIT $3::integer
       ) AS next;

-- name: find_unnumbered_entries
-- An account numbers its entries from 1 without a gap: none can have been taken out, none slipped in.
SELECT account.account_id,
       format(
           'it counts %s entries; there are %s, numbered from %s to %s',
           account.entries, coalesce(found.entries, 0), coalesce(found.first, 0), coalesce(found.last, 0)
       ) AS sentence
  FROM account
  LEFT JOIN (
       SELECT account_id, count(*) AS entries, min(number) AS first, max(number) AS last
         FROM entry
        WHERE merchant_id = $1 AND account_id > $2 AND account_id <= $3
        GROUP BY account_id
       ) AS found
    ON found.account_id = account.account_id
 WHERE account.merchant_id = $1 AND account.account_id > $2 AND account.account_id <= $3
   AND (account.entries, 1, account.entries)
       <> (coalesce(found.entries, 0), coalesce(found.first, 1), coalesce(found.last, 0));

-- name: find_unbalanced_accounts
-- Points only move, so the buckets of an account sum to zero.
SELECT account_id,
       format(
           'its buckets sum to %s', issued + pending + available + held + redeemed + expired + reversed + moved
       ) AS sentence
  FROM account
 WHERE merchant_id = $1 AND account_id > $2 AND account_id <= $3
   AND issued + pending + available + held + redeemed + expired + reversed + moved <> 0;

-- name: find_wrong_balances
-- Each bucket holds what all entries together have moved into it and out of it.
SELECT account.account_id,
       format(
           '%s points are %s, and its entries move %s there', balance.points, balance.bucket, coalesce(moved.points, 0)
       ) AS sentence
  FROM account
 CROSS JOIN LATERAL (
       VALUES ('issued', issued), ('pending', pending), ('available', available), ('held', held),
              ('redeemed', redeemed), ('expired', expired), ('reversed', reversed), ('moved', moved)
       ) AS balance (bucket, points)
  LEFT JOIN (
       SELECT between_buckets.account_id, leg.bucket, sum(leg.points) AS points
         FROM (
              SELECT account_id, source, target, sum(points) AS points
                FROM entry
               WHERE merchant_id = $1 AND account_id > $2 AND account_id <= $3
               GROUP BY account_id, source, target
              ) AS between_buckets
        CROSS JOIN LATERAL (VALUES (source, -points), (target, points)) AS leg (bucket, points)
        GROUP BY between_buckets.account_id, leg.bucket
       ) AS moved
    ON moved.account_id = account.account_id AND moved.bucket = balance.bucket
 WHERE account.merchant_id = $1 AND account.account_id > $2 AND account.account_id <= $3
   AND balance.points <> coalesce(moved.points, 0);

-- name: find_broken_chains
-- Every entry says what it left in both of its buckets: what the one before left there, and its own points.
SELECT DISTINCT ON (account_id) account_id,
       format('entry %s leaves %s points %s, and what came before leaves %s', number, after, bucket, due) AS sentence
  FROM (
       SELECT entry.account_id, entry.number, leg.bucket, leg.after,
              leg.points + coalesce(
                  lag(leg.after) OVER (PARTITION BY entry.account_id, leg.bucket ORDER BY entry.number), 0
              ) AS due
         FROM entry
        CROSS JOIN LATERAL (
              VALUES (source, -points, source_after), (target, points, target_after)
              ) AS leg (bucket, points, after)
        WHERE entry.merchant_id = $1 AND entry.account_id > $2 AND entry.account_id <= $3
       ) AS replayed
 WHERE after <> due
 ORDER BY account_id, number;

-- name: find_wrong_lots
-- A lot has available what entries put into it and took from it, and at no time had more than was earned, or less than
-- nothing.
WITH moved AS (
    SELECT account_id, lot, points,
           sum(points) OVER (PARTITION BY account_id, lot ORDER BY number) AS running
      FROM (
           SELECT entry.account_id, entry.number, part.lot,
                  CASE entry.target WHEN 'available' THEN part.points ELSE -part.points END AS points
             FROM entry
            CROSS JOIN LATERAL unnest(entry.lot_numbers, entry.lot_points) AS part (lot, points)
            WHERE entry.merchant_id = $1 AND entry.account_id > $2 AND entry.account_id <= $3
              AND 'available' IN (entry.source, entry.target)
           ) AS parts
), replayed AS (
    SELECT account_id, lot AS number, sum(points) AS available, min(running) AS least, max(running) AS most
      FROM moved
     GROUP BY account_id, lot
)
SELECT DISTINCT ON (account_id) account_id,
       format(
           'lot %s of %s points has %s available; its entries leave %s, after no less than %s and no more than %s',
           number, lot.points, lot.available, replayed.available, replayed.least, replayed.most
       ) AS sentence
  FROM (SELECT * FROM lot WHERE merchant_id = $1 AND account_id > $2 AND account_id <= $3) AS lot
  FULL JOIN replayed USING (account_id, number)
 WHERE lot.available IS DISTINCT FROM coalesce(replayed.available, 0)
    OR replayed.least < 0
    OR replayed.most > lot.points
    OR lot.available + lot.held > lot.points
 ORDER BY account_id, number;

-- name: find_wrong_held_lots
-- A lot has held what open holds took from it.
WITH taken AS (
    SELECT hold.account_id, part.lot AS number, sum(part.points) AS points
      FROM hold
      JOIN entry USING (merchant_id, account_id, number)
     CROSS JOIN LATERAL unnest(entry.lot_numbers, entry.lot_points) AS part (lot, points)
     WHERE hold.merchant_id = $1 AND hold.account_id > $2 AND hold.account_id <= $3 AND hold.state = 'open'
       AND entry.account_id > $2 AND entry.account_id <= $3
     GROUP BY hold.account_id, part.lot
)
SELECT DISTINCT ON (account_id) account_id,
       format('lot %s has %s points held, and open holds took %s from it', number, held, coalesce(points, 0))
           AS sentence
  FROM (
       SELECT account_id, number, held FROM lot WHERE merchant_id = $1 AND account_id > $2 AND account_id <= $3
       ) AS lot
  FULL JOIN taken USING (account_id, number)
 WHERE held IS DISTINCT FROM coalesce(points, 0)
 ORDER BY account_id, number;

-- name: find_unearned_lots
-- Points become available as a lot of their own, and every lot is of the entry that earned it.
SELECT DISTINCT ON (account_id) account_id,
       CASE
           WHEN earned.points IS NULL THEN format('lot %s of %s points has no entry that earned it', number, lot.points)
           WHEN lot.points IS NULL THEN format('entry %s earned %s points and made no lot', number, earned.points)
           ELSE format('lot %s has %s points, and its entry earned %s', number, lot.points, earned.points)
       END AS sentence
  FROM (
       SELECT account_id, number, points FROM lot WHERE merchant_id = $1 AND account_id > $2 AND account_id <= $3
       ) AS lot
  FULL JOIN (
       SELECT account_id, number, points
         FROM entry
        WHERE merchant_id = $1 AND account_id > $2 AND account_id <= $3
          AND source IN ('issued', 'pending', 'moved') AND target = 'available'
       ) AS earned
 USING (account_id, number)
 WHERE lot.points IS DISTINCT FROM earned.points
 ORDER BY account_id, number;

-- name: find_uncovered_balances
-- Lots pay for what is available, a debt apart, and for what is held.
SELECT account.account_id,
       format(
           '%s points are available and %s held; its lots have %s and %s', account.available, account.held,
           coalesce(lots.available, 0), coalesce(lots.held, 0)
       ) AS sentence
  FROM account
  LEFT JOIN (
       SELECT account_id, sum(available) AS available, sum(held) AS held
         FROM lot
        WHERE merchant_id = $1 AND account_id > $2 AND account_id <= $3
        GROUP BY account_id
       ) AS lots
    ON lots.account_id = account.account_id
 WHERE account.merchant_id = $1 AND account.account_id > $2 AND account.account_id <= $3
   AND (greatest(account.available, 0), account.held) <> (coalesce(lots.available, 0), coalesce(lots.held, 0));

-- name: find_wrong_holds
-- What a hold set aside is the entry of its number; one that ended did so by an entry of as many points, to where its
-- state says.
SELECT DISTINCT ON (account_id) account_id,
       CASE
           WHEN hold.state IS NULL THEN format('entry %s holds %s points, and there is no hold', number, taken.points)
           WHEN taken.points IS NULL THEN format('hold %s has no entry that set its points aside', number)
           ELSE format('hold %s is %s, and entry %s is not its end', number, hold.state, hold.ended_by)
       END AS sentence
  FROM (
       SELECT account_id, number, state, ended_by
         FROM hold
        WHERE merchant_id = $1 AND account_id > $2 AND account_id <= $3
       ) AS hold
  FULL JOIN (
       SELECT account_id, number, points
         FROM entry
        WHERE merchant_id = $1 AND account_id > $2 AND account_id <= $3
          AND source = 'available' AND target = 'held'
       ) AS taken
 USING (account_id, number)
 WHERE hold.state IS NULL
    OR taken.points IS NULL
    OR (
       hold.state <> 'open'
       AND NOT EXISTS (
           SELECT
             FROM entry AS ending
            WHERE ending.merchant_id = $1 AND ending.account_id > $2 AND ending.account_id <= $3
              AND ending.account_id = hold.account_id AND ending.number = hold.ended_by
              AND ending.number > hold.number AND ending.points = taken.points AND ending.source = 'held'
              AND ending.target = CASE hold.state WHEN 'captured' THEN 'redeemed' ELSE 'available' END
       )
    )
 ORDER BY account_id, number;

-- name: find_unheld_points
-- What is held is what open holds hold.
SELECT account.account_id,
       format('%s points are held, and its open holds are of %s', account.held, coalesce(holds.points, 0)) AS sentence
  FROM account
  LEFT JOIN (
       SELECT hold.account_id, sum(entry.points) AS points
         FROM hold
         JOIN entry USING (merchant_id, account_id, number)
        WHERE hold.merchant_id = $1 AND hold.account_id > $2 AND hold.account_id <= $3 AND hold.state = 'open'
          AND entry.account_id > $2 AND entry.account_id <= $3
        GROUP BY hold.account_id
       ) AS holds
    ON holds.account_id = account.account_id
 WHERE account.merchant_id = $1 AND account.account_id > $2 AND account.account_id <= $3
   AND account.held <> coalesce(holds.points, 0);

-- name: find_wrong_earnings
-- What counts as earned is what counted entries issued, less what they reversed.
SELECT account.account_id,
       format('it has earned %s points, and its entries come to %s', account.earned, coalesce(counted.points, 0))
           AS sentence
  FROM account
  LEFT JOIN (
       SELECT account_id, sum(CASE source WHEN 'issued' THEN points ELSE -points END) AS points
         FROM entry
        WHERE merchant_id = $1 AND account_id > $2 AND account_id <= $3
          AND counted AND (source = 'issued' OR target = 'reversed')
        GROUP BY account_id
       ) AS counted
    ON counted.account_id = account.account_id
 WHERE account.merchant_id = $1 AND account.account_id > $2 AND account.account_id <= $3
   AND account.earned <> coalesce(counted.points, 0);

-- name: find_wrong_pending
-- Points wait as the entries that issued them; what is left of those is what is pending.
SELECT account.account_id,
       format('%s points are pending, and %s are left of what waits', account.pending, coalesce(waiting.points, 0))
           AS sentence
  FROM account
  LEFT JOIN (
       SELECT pending.account_id, sum(pending.points_left) AS points,
              bool_and(entry.source = 'issued' AND entry.target = 'pending' AND pending.points_left <= entry.points)
                  AS fitting
         FROM pending
         JOIN entry USING (merchant_id, account_id, number)
        WHERE pending.merchant_id = $1 AND pending.account_id > $2 AND pending.account_id <= $3
          AND entry.account_id > $2 AND entry.account_id <= $3
        GROUP BY pending.account_id
       ) AS waiting
    ON waiting.account_id = account.account_id
 WHERE account.merchant_id = $1 AND account.account_id > $2 AND account.account_id <= $3
   AND (account.pending <> coalesce(waiting.points, 0) OR NOT coalesce(waiting.fitting, true));

-- name: sum_moved
-- What left accounts for others is what came to others: over all of a merchant's accounts, nothing.
SELECT coalesce(sum(moved), 0)::bigint AS moved FROM account WHERE merchant_id = $1;

-- name: find_unlike_moves
-- Of the moves that another package rests on ($2 says for what), those that the books do not have so: with these
-- points, for this subject, into this bucket, and an open hold for what is held.
SELECT wanted.reference,
       CASE
           WHEN entry.number IS NULL THEN format('entry %s of account %s is missing', wanted.number, wanted.account_id)
           ELSE format(
               'entry %s of account %s moves %s points to %s for %s, not %s to %s%s', entry.number, entry.account_id,
               entry.points, entry.target, entry.subject, wanted.points, wanted.target,
               CASE WHEN wanted.target = 'held' THEN ' under an open hold' END
           )
       END AS sentence
  FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::text[])
       AS wanted (reference, account_id, number, points, target, subject)
  LEFT JOIN entry
    ON entry.merchant_id = $1 AND entry.account_id = wanted.account_id AND entry.number = wanted.number
  LEFT JOIN hold
    ON hold.merchant_id = $1 AND hold.account_id = wanted.account_id AND hold.number = wanted.number
 WHERE (entry.points, entry.target, entry.subject) IS DISTINCT FROM (wanted.points, wanted.target, wanted.subject)
    OR (wanted.target = 'held') <> (hold.state IS NOT NULL AND hold.state = 'open')
 ORDER BY wanted.reference;

-- name: find_unlike_sums
-- Of the sums that awards of a subject stand for, those that the books do not have so: issued for it on that account,
-- less taken back.
SELECT wanted.subject AS reference,
       format(
           'it stands for %s points, and account %s was issued %s for it, of which %s were taken back', wanted.points,
           account_id, coalesce(booked.issued, 0), coalesce(booked.reversed, 0)
       ) AS sentence
  FROM unnest($2::bigint[], $3::text[], $4::bigint[]) AS wanted (account_id, subject, points)
  LEFT JOIN (
       SELECT account_id, subject, sum(points) FILTER (WHERE source = 'issued') AS issued,
              sum(points) FILTER (WHERE target = 'reversed') AS reversed
         FROM entry
        WHERE merchant_id = $1 AND account_id = ANY ($2::bigint[]) AND (source = 'issued' OR target = 'reversed')
        GROUP BY account_id, subject
       ) AS booked
 USING (account_id, subject)
 WHERE wanted.points <> coalesce(booked.issued, 0) - coalesce(booked.reversed, 0)
 ORDER BY reference;

-- name: find_unlike_returns
-- Of the points that returns have given back of what an entry took, those that the books do not have so.
SELECT wanted.reference,
       format('%s of its points came back by returns, and entries give back %s', wanted.points, coalesce(given.points, 0))
           AS sentence
  FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[])
       AS wanted (reference, account_id, number, points, subject)
  LEFT JOIN LATERAL (
       SELECT sum(entry.points) AS points
         FROM entry
        WHERE entry.merchant_id = $1 AND entry.account_id = wanted.account_id AND entry.number > wanted.number
          AND entry.subject = wanted.subject AND entry.reason = 'return'
       ) AS given
    ON true
 WHERE wanted.points <> coalesce(given.points, 0)
 ORDER BY wanted.reference;
