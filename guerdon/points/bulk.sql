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
SELECT CASE
           WHEN has_parameter_privilege('session_replication_role', 'SET')
           THEN set_config('session_replication_role', 'replica', true)
       END AS role, set_config('enable_seqscan', 'off', true) AS seqscan;

-- name: give_accounts_to_members
-- Say whose each new account is; the count tells that both sides of each are there.
INSERT INTO member_account (merchant_id, member_id, unit, account_id)
SELECT $1, new.member_id, 'points', new.account_id
  FROM json_to_recordset($2::json) AS new (member_id bigint, account_id bigint)
  JOIN member
    ON member.merchant_id = $1 AND member.member_id = new.member_id
  JOIN account
    ON account.merchant_id = $1 AND account.account_id = new.account_id;

-- name: issue_points
-- Each row gives an account what was earned and used before (issued → redeemed) and what is there to be spent (issued
-- → available, as a lot; a debt is paid from it first). New accounts are opened on the way, with what they get.
WITH given AS (
    SELECT wanted.*, coalesce(account.issued, 0) AS issued, coalesce(account.pending, 0) AS pending,
           coalesce(account.available, 0) AS available, coalesce(account.held, 0) AS held,
           coalesce(account.redeemed, 0) AS redeemed, coalesce(account.expired, 0) AS expired,
           coalesce(account.reversed, 0) AS reversed, coalesce(account.moved, 0) AS moved,
           coalesce(account.earned, 0) AS earned, coalesce(account.entries, 0) AS entries
      FROM (
           SELECT account_id, coalesce(used, 0) AS used, coalesce(points, 0) AS points,
                  coalesce(earned_at, $6) AS earned_at, expires_at, coalesce(rolling, false) AS rolling,
                  coalesce(title, $3) AS title, place
             FROM ROWS FROM (json_to_recordset($2::json) AS (
                      account_id bigint, used bigint, points bigint, earned_at timestamptz, expires_at timestamptz,
                      rolling boolean, title text
                  )) WITH ORDINALITY AS new (account_id, used, points, earned_at, expires_at, rolling, title, place)
           ) AS wanted
      LEFT JOIN account
        ON account.merchant_id = $1 AND account.account_id = wanted.account_id
), leg AS (
    SELECT given.account_id, leg.target, leg.points, given.earned_at, given.expires_at, given.rolling, given.title,
           entries + row_number() OVER (PARTITION BY account_id ORDER BY place, leg.part) AS number,
           issued - sum(leg.points) OVER (PARTITION BY account_id ORDER BY place, leg.part) AS issued_after,
           redeemed + sum(leg.used) OVER (PARTITION BY account_id ORDER BY place, leg.part) AS redeemed_after,
           available + sum(leg.kept) OVER (PARTITION BY account_id ORDER BY place, leg.part) AS available_after
      FROM given
     CROSS JOIN LATERAL (
           VALUES (1, 'redeemed', used, used, 0::bigint), (2, 'available', given.points, 0::bigint, given.points)
           ) AS leg (part, target, points, used, kept)
     WHERE leg.points > 0
), changed_account AS (
    INSERT INTO account (
        merchant_id, account_id, unit, issued, pending, available, held, redeemed, expired, reversed, moved, earned,
        entries, idle_days, lapses_at, version, updated_at
    )
    SELECT $1, account_id, 'points', min(issued) - sum(used + points), min(pending), min(available) + sum(points),
           min(held), min(redeemed) + sum(used), min(expired), min(reversed), min(moved),
           min(earned) + sum(used + points),
           min(entries) + count(*) FILTER (WHERE used > 0) + count(*) FILTER (WHERE points > 0),
           CASE WHEN bool_or(rolling AND points > 0) THEN $4::integer END,
           CASE WHEN bool_or(rolling AND points > 0) THEN $5::timestamptz END, 0, $6
      FROM given
     GROUP BY account_id
        ON CONFLICT ON CONSTRAINT account_is_known_by_id DO UPDATE
       SET issued = excluded.issued, available = excluded.available, redeemed = excluded.redeemed,
           earned = excluded.earned, entries = excluded.entries, updated_at = excluded.updated_at,
           idle_days = coalesce(excluded.idle_days, account.idle_days),
           lapses_at = greatest(excluded.lapses_at, account.lapses_at), version = account.version + 1
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
SELECT $1, account_id, number, 'issued', target, points, issued_after,
       CASE target WHEN 'available' THEN available_after ELSE redeemed_after END,
       CASE WHEN target = 'available' AND available_after > 0 THEN ARRAY[number] ELSE '{}' END,
       CASE WHEN target = 'available' AND available_after > 0 THEN ARRAY[least(points, available_after)] ELSE '{}' END,
       true, 'import', $7, title, target = 'available', $8, $9, earned_at, $6
  FROM leg;

-- name: prove_accounts
-- Of how many of these accounts the entries say something else than the balances and the lots; and what a subject left
-- there to be spent, and says was used.
SELECT count(*) FILTER (WHERE wrong) AS wrong, min(account_id) FILTER (WHERE wrong) AS first_wrong,
       coalesce(sum(used), 0)::bigint AS used, coalesce(sum(points), 0)::bigint AS points
  FROM (
       SELECT account.account_id, moved.used, moved.points,
              (account.entries, account.entries, account.issued, account.available, account.redeemed,
               greatest(account.available, 0), account.held, account.earned)
              IS DISTINCT FROM
              (moved.entries, moved.last, moved.issued, moved.available, moved.redeemed, lots.available, lots.held,
               moved.earned) AS wrong
         FROM unnest($2::text::bigint[]) AS wanted (account_id)
         LEFT JOIN account
           ON account.merchant_id = $1 AND account.account_id = wanted.account_id
        CROSS JOIN LATERAL (
              SELECT count(*) AS entries, coalesce(max(number), 0) AS last,
                     coalesce(sum(points) FILTER (WHERE target = 'issued'), 0)
                     - coalesce(sum(points) FILTER (WHERE source = 'issued'), 0) AS issued,
                     coalesce(sum(points) FILTER (WHERE target = 'available'), 0)
                     - coalesce(sum(points) FILTER (WHERE source = 'available'), 0) AS available,
                     coalesce(sum(points) FILTER (WHERE target = 'redeemed'), 0)
                     - coalesce(sum(points) FILTER (WHERE source = 'redeemed'), 0) AS redeemed,
                     coalesce(sum(points) FILTER (WHERE counted AND source = 'issued'), 0)
                     - coalesce(sum(points) FILTER (WHERE counted AND target = 'reversed'), 0) AS earned,
                     sum(points) FILTER (WHERE subject = $3 AND target = 'redeemed') AS used,
                     coalesce(sum(points) FILTER (WHERE subject = $3 AND target = 'available'), 0)
                     - coalesce(sum(points) FILTER (WHERE subject = $3 AND source = 'available'
                                                      AND target = 'redeemed'), 0) AS points
                FROM entry
               WHERE entry.merchant_id = $1 AND entry.account_id = wanted.account_id
              ) AS moved
        CROSS JOIN LATERAL (
              SELECT coalesce(sum(available), 0) AS available, coalesce(sum(held), 0) AS held
                FROM lot
               WHERE lot.merchant_id = $1 AND lot.account_id = wanted.account_id
              ) AS lots
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
              coalesce(sum(points) FILTER (WHERE subject = $3 AND source = 'available'), 0)::bigint AS taken,
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
-- (redeemed → reversed); what its members have spent since stays spent.
WITH before AS (
    SELECT account.account_id, account.available, account.redeemed, account.reversed, account.entries,
           moved.used - moved.reversed AS used, own.numbers, own.points, coalesce(own.available, 0) AS left
      FROM unnest($2::bigint[]) AS wanted (account_id)
      JOIN account
        ON account.merchant_id = $1 AND account.account_id = wanted.account_id
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(points) FILTER (WHERE target = 'redeemed'), 0)::bigint AS used,
                  coalesce(sum(points) FILTER (WHERE source = 'redeemed'), 0)::bigint AS reversed
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
       SET available = account.available - before.left, redeemed = account.redeemed - before.used,
           reversed = account.reversed + before.left + before.used, earned = earned - before.left - before.used,
           entries = account.entries + (before.left > 0)::integer + (before.used > 0)::integer,
           version = account.version + 1, updated_at = $4
      FROM before
     WHERE account.merchant_id = $1 AND account.account_id = before.account_id AND before.left + before.used > 0
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
SELECT $1, account_id, entries + leg.number, leg.source, 'reversed', leg.points, leg.source_after, leg.target_after,
       CASE leg.source WHEN 'available' THEN numbers ELSE '{}' END,
       CASE leg.source WHEN 'available' THEN before.points ELSE '{}' END,
       true, 'import_undone', $3, NULL, leg.source = 'available', $5, $6, $4, $4
  FROM before
 CROSS JOIN LATERAL (
       VALUES (1, 'redeemed', used, redeemed - used, reversed + used),
              (1 + (used > 0)::integer, 'available', before.left, available - before.left,
               reversed + used + before.left)
       ) AS leg (number, source, points, source_after, target_after)
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
