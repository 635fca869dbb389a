-- All entries of a merchant, as those read them who look at the books as a whole.

-- name: list_journal
-- Entries, newest first, from before a place (recorded, account, number) on, recorded from $2 on and before $3; what is
-- said beside that is looked for among the next so many of them.
SELECT account_id, number, source, target, points, source_after, target_after, lot_numbers, lot_points, counted, reason,
       subject, title, visible, actor, command_id, occurred_at, recorded_at, wanted, looked
  FROM (
       SELECT *, ($7::text IS NULL OR reason = $7) AND ($8::text IS NULL OR source = $8)
                 AND ($9::text IS NULL OR target = $9) AS wanted,
              row_number() OVER (ORDER BY recorded_at DESC, account_id DESC, number DESC) AS looked
         FROM (
              SELECT *
                FROM entry
               WHERE merchant_id = $1 AND recorded_at >= $2 AND recorded_at < $3
                 AND (recorded_at, account_id, number) < ($4::timestamptz, $5::bigint, $6::bigint)
               ORDER BY recorded_at DESC, account_id DESC, number DESC
               LIMIT $10
              ) AS next
       ) AS seen
 WHERE wanted OR looked = $10
 ORDER BY looked
 LIMIT $11;

-- name: list_command
-- What one command moved, in its order.
SELECT entry.account_id, entry.number, entry.source, entry.target, entry.points, entry.source_after, entry.target_after,
       entry.lot_numbers, entry.lot_points, entry.counted, entry.reason, entry.subject, entry.title, entry.visible,
       entry.actor, entry.command_id, entry.occurred_at, entry.recorded_at
  FROM entry
 WHERE entry.merchant_id = $1 AND entry.recorded_at = $2 AND entry.command_id = $3
 ORDER BY entry.account_id, entry.number
 LIMIT $4;
