-- Accounts as they are looked up, and lists of what is on them. Nothing here is locked.

-- name: get_account
-- An account with those who hold it.
SELECT account.account_id, account.unit, account.issued, account.pending, account.available, account.held,
       account.redeemed, account.expired, account.reversed, account.moved, account.entries, account.heir,
       account.lapses_at, account.updated_at,
       ARRAY(
           SELECT member_account.member_id
             FROM member_account
            WHERE member_account.merchant_id = $1 AND member_account.account_id = account.account_id
            ORDER BY member_account.member_id
       ) AS members
  FROM account
 WHERE account.merchant_id = $1 AND account.account_id = $2;

-- name: sum_buckets
-- What was in each bucket of an account at a time, by the entries that were known then.
SELECT moved.bucket, sum(moved.points)::bigint AS points, max(entry.number) AS number
  FROM entry
 CROSS JOIN LATERAL (VALUES (entry.source, -entry.points), (entry.target, entry.points)) AS moved (bucket, points)
 WHERE entry.merchant_id = $1 AND entry.account_id = $2 AND entry.recorded_at <= $3
 GROUP BY moved.bucket;

-- name: find_entries
-- Entries of these accounts, newest first, from before a place (recorded, account, number) on. An account's own are read
-- by their numbers, which go up with the time.
SELECT entry.account_id, entry.number, entry.source, entry.target, entry.points, entry.source_after, entry.target_after,
       entry.lot_numbers, entry.lot_points, entry.counted, entry.reason, entry.subject, entry.title, entry.visible,
       entry.actor, entry.command_id, entry.occurred_at, entry.recorded_at
  FROM unnest($2::bigint[]) AS wanted (account_id)
 CROSS JOIN LATERAL (
       SELECT *
         FROM entry
        WHERE merchant_id = $1 AND account_id = wanted.account_id
          AND ($3::text IS NULL OR reason = $3)
          AND ($4::timestamptz IS NULL OR recorded_at >= $4)
          AND ($5::timestamptz IS NULL OR recorded_at < $5)
          AND ($6::timestamptz IS NULL OR (recorded_at, account_id, number) < ($6, $7::bigint, $8::bigint))
        ORDER BY number DESC
        LIMIT $9
       ) AS entry
 ORDER BY entry.recorded_at DESC, entry.account_id DESC, entry.number DESC
 LIMIT $9;

-- name: list_entries_about
-- What these accounts have to do with some subjects since a time, in the order of recording.
SELECT account_id, number, source, target, points, source_after, target_after, lot_numbers, lot_points, counted, reason,
       subject, title, visible, actor, command_id, occurred_at, recorded_at
  FROM entry
 WHERE merchant_id = $1 AND account_id = ANY ($2::bigint[]) AND subject = ANY ($3::text[]) AND recorded_at >= $4
 ORDER BY recorded_at, account_id, number
 LIMIT $5;

-- name: get_entry
-- One entry.
SELECT account_id, number, source, target, points, source_after, target_after, lot_numbers, lot_points, counted, reason,
       subject, title, visible, actor, command_id, occurred_at, recorded_at
  FROM entry
 WHERE merchant_id = $1 AND account_id = $2 AND number = $3;

-- name: find_lots
-- Lots of these accounts, the last earned first, from before a place (earned, account, number) on; those that lapse with
-- their account have its date.
SELECT lot.account_id, lot.number, lot.points, lot.available, lot.held, lot.earned_at,
       CASE WHEN lot.rolling THEN account.lapses_at ELSE lot.expires_at END AS expires_at, lot.rolling
  FROM lot
  JOIN account
    ON account.merchant_id = $1 AND account.account_id = lot.account_id
 WHERE lot.merchant_id = $1 AND lot.account_id = ANY ($2::bigint[])
   AND ($3::boolean IS NULL OR $3 = (lot.available > 0 OR lot.held > 0))
   AND ($4::timestamptz IS NULL OR (lot.earned_at, lot.account_id, lot.number) < ($4, $5::bigint, $6::bigint))
 ORDER BY lot.earned_at DESC, lot.account_id DESC, lot.number DESC
 LIMIT $7;

-- name: find_holds
-- Holds of these accounts, newest first, from before a place (recorded, account, number) on.
SELECT hold.account_id, hold.number, hold.state, entry.points, entry.lot_numbers, entry.lot_points, entry.subject,
       hold.expires_at, hold.ended_by, entry.recorded_at
  FROM hold
  JOIN entry
    ON entry.merchant_id = $1 AND entry.account_id = hold.account_id AND entry.number = hold.number
 WHERE hold.merchant_id = $1 AND hold.account_id = ANY ($2::bigint[])
   AND ($3::text IS NULL OR hold.state = $3)
   AND ($4::timestamptz IS NULL OR (entry.recorded_at, hold.account_id, hold.number) < ($4, $5::bigint, $6::bigint))
 ORDER BY entry.recorded_at DESC, hold.account_id DESC, hold.number DESC
 LIMIT $7;

-- name: find_pending
-- Points of these accounts that wait, newest first, from before a place (recorded, account, number) on.
SELECT pending.account_id, pending.number, entry.points, pending.points_left, pending.activates_at, entry.reason,
       entry.subject, entry.title, entry.occurred_at, entry.recorded_at
  FROM pending
  JOIN entry
    ON entry.merchant_id = $1 AND entry.account_id = pending.account_id AND entry.number = pending.number
 WHERE pending.merchant_id = $1 AND pending.account_id = ANY ($2::bigint[]) AND pending.points_left > 0
   AND ($3::timestamptz IS NULL
        OR (entry.recorded_at, pending.account_id, pending.number) < ($3, $4::bigint, $5::bigint))
 ORDER BY entry.recorded_at DESC, pending.account_id DESC, pending.number DESC
 LIMIT $6;

-- name: list_activations
-- When which points of these accounts cease to wait, the soonest first; those that wait for somebody's word have no date.
SELECT activates_at, sum(points_left)::bigint AS points
  FROM pending
 WHERE merchant_id = $1 AND account_id = ANY ($2::bigint[]) AND points_left > 0 AND activates_at IS NOT NULL
 GROUP BY activates_at
 ORDER BY activates_at;
