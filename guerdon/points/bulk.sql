-- Points that come in bulk, from another system, and go again if that was a mistake. Every statement works on accounts
-- that its transaction has locked or made, in order of account_id, as the desk does.

-- name: lock_known_accounts
-- Queue for the accounts of members that are here already.
SELECT account_id
  FROM account
 WHERE merchant_id = $1 AND account_id = ANY ($2::bigint[])
 ORDER BY account_id
   FOR UPDATE;

-- name: find_accounts_of
-- Which account each of these members has.
SELECT member_id, account_id
  FROM member_account
 WHERE merchant_id = $1 AND unit = 'points' AND member_id = ANY ($2::bigint[]);

-- name: trust_references
-- Where the server allows it, references are not looked up row by row (half of the time): what is written names rows
-- that the transaction has made or locked, and prove_accounts and the counts of rows written say so before the commit.
-- Rows are found by indexes, whatever statistics say of a merchant that is new or was small.
SELECT CASE WHEN has_parameter_privilege('session_replication_role', 'SET')
            THEN set_config('session_replication_role', 'replica', true) END AS role,
       set_config('plan_cache_mode', 'force_generic_plan', true) AS plans, set_config('enable_seqscan', 'off', true),
       set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true);

-- name: learn_of_accounts
-- Have the planner know whose rows these tables hold, which it would otherwise hear some minutes later: of a merchant
-- that it does not know it expects nothing, and reads all that is there for each command.
ANALYZE (SKIP_LOCKED) account (merchant_id), member_account (merchant_id), lot (merchant_id), entry (merchant_id);

-- name: issue_points
-- Each row gives an account what was earned and used before (issued → redeemed) and what is there to be spent (issued
-- → available, as a lot; a debt is paid from it first), or a debt (available → reversed, of no lot: it is given to who
-- has nothing to spend, which prove_accounts says).
WITH given AS (
    SELECT wanted.*, account.issued, account.available, account.redeemed, account.reversed, account.entries
      FROM (
           SELECT account_id, coalesce(used, 0) AS used, coalesce(points, 0) AS points, coalesce(debt, 0) AS debt,
                  coalesce(earned_at, $6) AS earned_at, expires_at, coalesce(rolling, false) AS rolling,
                  coalesce(title, $3) AS title, place
             FROM ROWS FROM (json_to_recordset($2::json) AS (
                      account_id bigint, used bigint, points bigint, debt bigint, earned_at timestamptz,
                      expires_at timestamptz, rolling boolean, title text
                  )) WITH ORDINALITY AS new (
                      account_id, used, points, debt, earned_at, expires_at, rolling, title, place
                  )
           ) AS wanted
      JOIN account
        ON account.merchant_id = $1 AND account.account_id = wanted.account_id
), leg AS (
    SELECT given.account_id, leg.source, leg.target, leg.points, given.earned_at, given.expires_at, given.rolling,
           given.title, entries + row_number() OVER (PARTITION BY account_id ORDER BY place, leg.part) AS number,
           issued - sum(leg.used + greatest(leg.kept, 0)) OVER (PARTITION BY account_id ORDER BY place, leg.part)
               AS issued_after,
           redeemed + sum(leg.used) OVER (PARTITION BY account_id ORDER BY place, leg.part) AS redeemed_after,
           available + sum(leg.kept) OVER (PARTITION BY account_id ORDER BY place, leg.part) AS available_after,
           reversed - sum(least(leg.kept, 0)) OVER (PARTITION BY account_id ORDER BY place, leg.part) AS reversed_after
      FROM given
     CROSS JOIN LATERAL (
           VALUES (1, 'issued', 'redeemed', used, used, 0::bigint),
                  (2, 'issued', 'available', given.points, 0::bigint, given.points),
                  (3, 'available', 'reversed', debt, 0::bigint, -debt)
           ) AS leg (part, source, target, points, used, kept)
     WHERE leg.points > 0
), changed_account AS (
    UPDATE account
       SET issued = account.issued - new.earned, available = account.available + new.points,
           redeemed = account.redeemed + new.used, reversed = account.reversed + new.debt,
           earned = account.earned + new.earned, entries = account.entries + new.entries, updated_at = $6,
           idle_days = coalesce(new.idle_days, account.idle_days),
           lapses_at = greatest(new.lapses_at, account.lapses_at), version = account.version + 1
      FROM (
           SELECT account_id, sum(used + points)::bigint AS earned, sum(points - debt)::bigint AS points,
                  sum(used)::bigint AS used, sum(debt)::bigint AS debt,
                  count(*) FILTER (WHERE used > 0) + count(*) FILTER (WHERE points > 0)
                  + count(*) FILTER (WHERE debt > 0) AS entries,
                  CASE WHEN bool_or(rolling AND points > 0) THEN $4::integer END AS idle_days,
                  CASE WHEN bool_or(rolling AND points > 0) THEN $5::timestamptz END AS lapses_at
             FROM given
            GROUP BY account_id
           ) AS new
     WHERE account.merchant_id = $1 AND account.account_id = new.account_id
), lots AS (
    INSERT INTO lot (merchant_id, account_id, number, points, available, held, earned_at, expires_at, rolling)
    SELECT $1, account_id, number, points, least(points, greatest(available_after, 0)), 0, earned_at, expires_at,
           rolling
      FROM leg
     WHERE target = 'available'
)
INSERT INTO entry (
    merchant_id, account_id, number, source, target, points, source_after, target_after, lot_numbers, lot_points,
    counted, reason, subject, title, visible, actor, command_id, occurred_at, recorded_at
)
SELECT $1, account_id, number, source, target, points,
       CASE source WHEN 'issued' THEN issued_after ELSE available_after END,
       CASE target WHEN 'available' THEN available_after WHEN 'redeemed' THEN redeemed_after ELSE reversed_after END,
       CASE WHEN target = 'available' AND available_after > 0 THEN ARRAY[number] ELSE '{}' END,
       CASE WHEN target = 'available' AND available_after > 0 THEN ARRAY[least(points, available_after)] ELSE '{}' END,
       source = 'issued', 'import', $7, title, target <> 'redeemed', $8, $9, earned_at, $6
  FROM leg;

-- name: prove_accounts
-- Of how many of these accounts the entries say something else than the balances and the lots; and what a subject left
-- there to be spent, and says was used. Each table is walked once along its key, and nothing is joined: an account takes
-- from each sum what its entries and lots add to it, so that nothing is left of those that are right.
SELECT count(*) FILTER (WHERE wrong) AS wrong, min(account_id) FILTER (WHERE wrong) AS first_wrong,
       coalesce(sum(used), 0)::bigint AS used, coalesce(sum(points), 0)::bigint AS points, count(*) AS found
  FROM (
       SELECT account_id, sum(used) AS used, sum(given) AS points,
              count(expected) <> 1 OR sum(entries) <> 0 OR max(number) <> max(expected) OR sum(issued) <> 0
              OR sum(available) <> 0 OR sum(redeemed) <> 0 OR sum(lots) <> 0 OR sum(held) <> 0 OR sum(earned) <> 0
              AS wrong
         FROM (
              SELECT account_id, -entries AS entries, 0::bigint AS number, entries AS expected, -issued AS issued,
                     -available AS available, -redeemed AS redeemed, -greatest(available, 0) AS lots, -held AS held,
                     -earned AS earned, 0::bigint AS used, 0::bigint AS given
                FROM account
               WHERE merchant_id = $1 AND account_id = ANY ($2::text::bigint[])
               UNION ALL
              SELECT account_id, 1, number, NULL,
                     CASE 'issued' WHEN target THEN points WHEN source THEN -points ELSE 0 END,
                     CASE 'available' WHEN target THEN points WHEN source THEN -points ELSE 0 END,
                     CASE 'redeemed' WHEN target THEN points WHEN source THEN -points ELSE 0 END, 0, 0,
                     CASE WHEN counted
                          THEN points * ((source = 'issued')::integer - (target = 'reversed')::integer) ELSE 0 END,
                     CASE WHEN subject = $3 AND target = 'redeemed' THEN points ELSE 0 END,
                     CASE WHEN subject <> $3 THEN 0 WHEN target = 'available' THEN points
                          WHEN source = 'available' AND reason = 'import' THEN -points ELSE 0 END
                FROM entry
               WHERE merchant_id = $1 AND account_id = ANY ($2::text::bigint[])
               UNION ALL
              SELECT account_id, 0, 0, NULL, 0, 0, 0, available, held, 0, 0, 0
                FROM lot
               WHERE merchant_id = $1 AND account_id = ANY ($2::text::bigint[])
              ) AS part
        GROUP BY account_id
       ) AS proven;

-- name: list_batches_of_accounts
-- Which imports have given points to these members, but for one.
SELECT DISTINCT member_account.member_id, entry.subject
  FROM unnest($2::bigint[]) AS wanted (member_id)
  JOIN member_account
    ON member_account.merchant_id = $1 AND member_account.member_id = wanted.member_id
   AND member_account.unit = 'points'
  JOIN entry
    ON entry.merchant_id = $1 AND entry.account_id = member_account.account_id
 WHERE entry.reason = 'import' AND entry.subject <> $3;

-- name: sum_subjects
-- What these subjects (imported histories) have given members: what of it is left, and what was used of it at the time.
SELECT member_account.member_id, member_account.account_id,
       coalesce(sum(points) FILTER (WHERE source = 'issued' AND target = 'available'), 0)::bigint
       - coalesce(sum(points) FILTER (WHERE target = 'redeemed' AND source = 'available'), 0)::bigint AS points,
       coalesce(sum(points) FILTER (WHERE target = 'redeemed'), 0)::bigint AS used
  FROM unnest($2::bigint[]) AS wanted (member_id)
  JOIN member_account
    ON member_account.merchant_id = $1 AND member_account.member_id = wanted.member_id
   AND member_account.unit = 'points'
  JOIN entry
    ON entry.merchant_id = $1 AND entry.account_id = member_account.account_id
 WHERE entry.reason = 'import' AND entry.subject = ANY ($3::text[])
 GROUP BY member_account.member_id, member_account.account_id;

-- name: load_for_replay
-- Accounts, and the lots that a subject gave them and that have points left, in the order in which they were given.
SELECT account.account_id, account.issued, account.available, account.redeemed, account.entries,
       coalesce(own.numbers, '{}') AS numbers, coalesce(own.points, '{}') AS lots_points,
       coalesce(own.available, '{}') AS lots_available
  FROM unnest($2::bigint[]) AS wanted (account_id)
  JOIN account
    ON account.merchant_id = $1 AND account.account_id = wanted.account_id
 CROSS JOIN LATERAL (
       SELECT array_agg(lot.number ORDER BY lot.number) AS numbers,
              array_agg(lot.points ORDER BY lot.number) AS points,
              array_agg(lot.available ORDER BY lot.number) AS available
         FROM lot
         JOIN entry
           ON entry.merchant_id = $1 AND entry.account_id = lot.account_id AND entry.number = lot.number
        WHERE lot.merchant_id = $1 AND lot.account_id = wanted.account_id AND lot.live AND entry.subject = $3
       ) AS own;

-- name: insert_history
-- Lines of a statement, with the balances that each left, as they were replayed.
INSERT INTO entry (
    merchant_id, account_id, number, source, target, points, source_after, target_after, lot_numbers, lot_points,
    counted, reason, subject, title, visible, actor, command_id, occurred_at, recorded_at
)
SELECT $1, account_id, number, source, target, points, source_after, target_after, lot_numbers, lot_points,
       source = 'issued', 'import', $4, title, true, $5, $6, at, $2
  FROM json_to_recordset($3::json) AS new (
           account_id bigint, number bigint, source text, target text, points bigint, source_after bigint,
           target_after bigint, lot_numbers bigint[], lot_points bigint[], title text, at timestamptz
       );

-- name: save_history_lots
-- The lots that those lines made, and what they left of those of an earlier chunk.
INSERT INTO lot (merchant_id, account_id, number, points, available, held, earned_at, expires_at, rolling)
SELECT $1, account_id, number, points, available, 0, at, $3, $4
  FROM json_to_recordset($2::json) AS new (
           account_id bigint, number bigint, points bigint, available bigint, at timestamptz
       )
    ON CONFLICT ON CONSTRAINT lot_is_known_by_its_entry DO UPDATE SET available = excluded.available;

-- name: add_to_accounts
-- What a history changed of balances.
UPDATE account
   SET issued = account.issued - new.earned, available = account.available + new.earned - new.used,
       redeemed = account.redeemed + new.used, earned = account.earned + new.earned,
       entries = account.entries + new.entries, version = account.version + 1, updated_at = $2,
       idle_days = coalesce($4, account.idle_days),
       lapses_at = greatest($5, account.lapses_at)
  FROM json_to_recordset($3::json) AS new (account_id bigint, earned bigint, used bigint, entries bigint)
 WHERE account.merchant_id = $1 AND account.account_id = new.account_id;

-- name: survey_accounts
-- What a subject gave to each account, what of it is gone in another way than by the subject itself, and whether the
-- account has entries of anything else.
SELECT wanted.account_id, moved.given - moved.taken - own.available AS gone, moved.others
  FROM unnest($2::bigint[]) AS wanted (account_id)
 CROSS JOIN LATERAL (
       SELECT coalesce(
                  sum(points) FILTER (WHERE subject = $3 AND source = 'issued' AND target = 'available'), 0
              )::bigint AS given,
              coalesce(
                  sum(points) FILTER (
                      WHERE subject = $3 AND source = 'available' AND NOT (reason = 'import' AND target = 'reversed')
                  ), 0
              )::bigint AS taken,
              count(*) FILTER (WHERE subject <> $3) AS others
         FROM entry
        WHERE entry.merchant_id = $1 AND entry.account_id = wanted.account_id
       ) AS moved
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(lot.available), 0)::bigint AS available
         FROM lot
         JOIN entry
           ON entry.merchant_id = $1 AND entry.account_id = lot.account_id AND entry.number = lot.number
        WHERE lot.merchant_id = $1 AND lot.account_id = wanted.account_id AND lot.live AND entry.subject = $3
       ) AS own;

-- name: take_back_points
-- What a subject gave and is still there goes (available → reversed), and so does what it says was used before it
-- (redeemed → reversed); what its members have spent since stays spent. A debt goes as far as it is still owed.
WITH before AS (
    SELECT account.account_id, account.available, account.redeemed, account.reversed, account.entries,
           moved.used - moved.reversed AS used, least(moved.debt, greatest(-account.available, 0)) AS debt,
           own.numbers, own.points, coalesce(own.available, 0) AS left
      FROM unnest($2::bigint[]) AS wanted (account_id)
      JOIN account
        ON account.merchant_id = $1 AND account.account_id = wanted.account_id
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(points) FILTER (WHERE target = 'redeemed'), 0)::bigint AS used,
                  coalesce(sum(points) FILTER (WHERE source = 'redeemed'), 0)::bigint AS reversed,
                  coalesce(
                      sum(points) FILTER (WHERE source = 'available' AND target = 'reversed' AND reason = 'import'), 0
                  )::bigint AS debt
             FROM entry
            WHERE entry.merchant_id = $1 AND entry.account_id = wanted.account_id AND entry.subject = $3
           ) AS moved
     CROSS JOIN LATERAL (
           SELECT array_agg(lot.number ORDER BY lot.number) AS numbers,
                  array_agg(lot.available ORDER BY lot.number) AS points, sum(lot.available)::bigint AS available
             FROM lot
             JOIN entry
               ON entry.merchant_id = $1 AND entry.account_id = lot.account_id AND entry.number = lot.number
            WHERE lot.merchant_id = $1 AND lot.account_id = wanted.account_id AND lot.live AND entry.subject = $3
           ) AS own
), changed_account AS (
    UPDATE account
       SET available = account.available - before.left + before.debt, redeemed = account.redeemed - before.used,
           reversed = account.reversed + before.left + before.used - before.debt,
           earned = earned - before.left - before.used,
           entries = account.entries + (before.left > 0)::integer + (before.used > 0)::integer
                     + (before.debt > 0)::integer,
           version = account.version + 1, updated_at = $4
      FROM before
     WHERE account.merchant_id = $1 AND account.account_id = before.account_id
       AND before.left + before.used + before.debt > 0
), emptied_lots AS (
    UPDATE lot
       SET available = 0
      FROM before
     CROSS JOIN LATERAL unnest(before.numbers) AS own (number)
     WHERE lot.merchant_id = $1 AND lot.account_id = before.account_id AND lot.number = own.number
)
INSERT INTO entry (
    merchant_id, account_id, number, source, target, points, source_after, target_after, lot_numbers, lot_points,
    counted, reason, subject, title, visible, actor, command_id, occurred_at, recorded_at
)
SELECT $1, account_id, entries + leg.number, leg.source, leg.target, leg.points, leg.source_after, leg.target_after,
       CASE leg.source WHEN 'available' THEN numbers ELSE '{}' END,
       CASE leg.source WHEN 'available' THEN before.points ELSE '{}' END,
       leg.target = 'reversed', 'import_undone', $3, NULL, leg.source <> 'redeemed', $5, $6, $4, $4
  FROM before
 CROSS JOIN LATERAL (
       VALUES (1, 'redeemed', 'reversed', used, redeemed - used, reversed + used),
              (1 + (used > 0)::integer, 'available', 'reversed', before.left, available - before.left,
               reversed + used + before.left),
              (1 + (used > 0)::integer + (before.left > 0)::integer, 'reversed', 'available', debt,
               reversed + used + before.left - debt, available - before.left + debt)
       ) AS leg (number, source, target, points, source_after, target_after)
 WHERE leg.points > 0;

-- name: export_lots
-- What is left of every lot, whose time is not over, with who owns it.
SELECT member_account.member_id, lot.available + lot.held AS points, lot.earned_at, lot.expires_at, lot.rolling,
       entry.title
  FROM lot
  JOIN member_account
    ON member_account.merchant_id = $1 AND member_account.account_id = lot.account_id
   AND member_account.unit = 'points'
  JOIN entry
    ON entry.merchant_id = $1 AND entry.account_id = lot.account_id AND entry.number = lot.number
 WHERE lot.merchant_id = $1 AND lot.available + lot.held > 0 AND (lot.expires_at IS NULL OR lot.expires_at > $2)
 ORDER BY lot.account_id, lot.number;

-- name: export_entries
-- Every entry there is.
SELECT member_account.member_id, entry.account_id, entry.number, entry.source, entry.target, entry.points,
       entry.reason, entry.subject, entry.title, entry.visible, entry.actor, entry.occurred_at, entry.recorded_at
  FROM entry
  JOIN member_account
    ON member_account.merchant_id = $1 AND member_account.account_id = entry.account_id
   AND member_account.unit = 'points'
 WHERE entry.merchant_id = $1
 ORDER BY entry.account_id, entry.number;

-- name: list_spendable
-- What these members have, or owe.
SELECT member_account.member_id, account.available
  FROM member_account
  JOIN account
    ON account.merchant_id = $1 AND account.account_id = member_account.account_id
 WHERE member_account.merchant_id = $1 AND member_id = ANY ($2::bigint[]) AND member_account.unit = 'points';

-- name: list_balances
-- What these members can spend or have set aside, points whose time is over apart, and what they ever earned.
SELECT member_account.member_id, (account.available + account.held - due.points)::bigint AS balance, account.earned
  FROM unnest($2::bigint[]) AS wanted (member_id)
  JOIN member_account
    ON member_account.merchant_id = $1 AND member_account.member_id = wanted.member_id
   AND member_account.unit = 'points'
  JOIN account
    ON account.merchant_id = $1 AND account.account_id = member_account.account_id
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(lot.available), 0)::bigint AS points
         FROM lot
        WHERE lot.merchant_id = $1 AND lot.account_id = account.account_id AND lot.live AND lot.expires_at <= $3
       ) AS due;
