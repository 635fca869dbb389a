-- The statements of the desk, in the order in which a batch runs them. All name one merchant.
--
-- Order of locks, everywhere: accounts by account_id, then, where a member changes whole, members by member_id, then
-- shared stock by rule_id, then pools of codes by rule_id, each before its codes. Nothing else is locked by hand.
-- Locking is a statement of its own: under READ COMMITTED a statement's snapshot is older than the lock it waits for,
-- so only a statement that starts after the lock sees what the holder before us wrote. A batch that reads without locks
-- has them checked as it is saved: lock_unchanged finds all of its accounts as they were read, or nothing is written.

--
-- Whom an identity finds is looked up step by step, and OFFSET 0 keeps it so: before a young database was analysed for
-- the first time, the planner would rather go through all that a merchant has.

-- name: lock_accounts
-- Queue for every account that the batch may touch, in one order for all, so that batches never deadlock.
SELECT account_id
  FROM account
 WHERE merchant_id = $1
   AND account_id = ANY (ARRAY(
       SELECT theirs.account_id
         FROM unnest($2::text[], $3::text[]) AS wanted (kind, value)
        CROSS JOIN LATERAL (
              SELECT member_id
                FROM identity
               WHERE merchant_id = $1 AND kind = wanted.kind AND value = wanted.value
              OFFSET 0
              ) AS found
        CROSS JOIN LATERAL (
              SELECT account_id
                FROM member_account
               WHERE merchant_id = $1 AND member_id = found.member_id AND unit = 'points'
              OFFSET 0
              ) AS theirs
        UNION ALL
       SELECT theirs.account_id
         FROM unnest($4::bigint[]) AS wanted (member_id)
        CROSS JOIN LATERAL (
              SELECT coalesce(merged_into, member_id) AS member_id
                FROM member
               WHERE merchant_id = $1 AND member_id = wanted.member_id
              OFFSET 0
              ) AS found
        CROSS JOIN LATERAL (
              SELECT account_id
                FROM member_account
               WHERE merchant_id = $1 AND member_id = found.member_id AND unit = 'points'
              OFFSET 0
              ) AS theirs
        UNION ALL
       SELECT unnest($5::bigint[])
        UNION ALL
       SELECT heir FROM account WHERE merchant_id = $1 AND account_id = ANY ($5::bigint[]) AND heir IS NOT NULL
   ))
 ORDER BY account_id
   FOR UPDATE;

-- name: load_accounts
-- Whom the identities find, as it is after the lock, and accounts with the first lots that a spend would take: one lot
-- more than asked for tells that there are more.
SELECT wanted.kind, wanted.value, member.member_id, wanted.account_id, member.status, member.opted_in,
       member.tier_level, member.tags, member.may_spend,
       account.account_id, account.unit, account.issued, account.pending, account.available, account.held,
       account.redeemed, account.expired, account.reversed, account.moved, account.earned, account.entries,
       account.heir, account.idle_days, account.lapses_at, account.version,
       coalesce(more.lots_max, $6) AS lots_max,
       live.numbers, live.points, live.available, live.held, live.earned_at, live.expires_at, live.rolling
  FROM (
       SELECT named.kind, named.value, found.member_id, theirs.account_id
         FROM unnest($2::text[], $3::text[]) AS named (kind, value)
        CROSS JOIN LATERAL (
              SELECT member_id
                FROM identity
               WHERE merchant_id = $1 AND kind = named.kind AND value = named.value
              OFFSET 0
              ) AS found
        CROSS JOIN LATERAL (
              SELECT account_id
                FROM member_account
               WHERE merchant_id = $1 AND member_id = found.member_id AND unit = 'points'
              OFFSET 0
              ) AS theirs
        UNION ALL
       SELECT 'member', named.member_id::text, found.member_id, theirs.account_id
         FROM unnest($4::bigint[]) AS named (member_id)
        CROSS JOIN LATERAL (
              SELECT coalesce(merged_into, member_id) AS member_id
                FROM member
               WHERE merchant_id = $1 AND member_id = named.member_id
              OFFSET 0
              ) AS found
        CROSS JOIN LATERAL (
              SELECT account_id
                FROM member_account
               WHERE merchant_id = $1 AND member_id = found.member_id AND unit = 'points'
              OFFSET 0
              ) AS theirs
        UNION ALL
       SELECT NULL, NULL, NULL, unnest($5::bigint[])
        UNION ALL
       SELECT NULL, NULL, NULL, heir
         FROM account
        WHERE merchant_id = $1 AND account_id = ANY ($5::bigint[]) AND heir IS NOT NULL
       ) AS wanted
 CROSS JOIN LATERAL (
       SELECT *
         FROM account
        WHERE merchant_id = $1 AND account_id = wanted.account_id
       OFFSET 0
       ) AS account
  LEFT JOIN LATERAL (
       SELECT *
         FROM member
        WHERE merchant_id = $1 AND member_id = wanted.member_id
       OFFSET 0
       ) AS member
    ON true
  LEFT JOIN unnest($7::bigint[], $8::integer[]) AS more (account_id, lots_max)
    ON more.account_id = wanted.account_id
 CROSS JOIN LATERAL (
       SELECT array_agg(first.number) AS numbers, array_agg(first.points) AS points,
              array_agg(first.available) AS available, array_agg(first.held) AS held,
              array_agg(first.earned_at) AS earned_at, array_agg(first.expires_at) AS expires_at,
              array_agg(first.rolling) AS rolling
         FROM (
              SELECT number, points, available, held, earned_at, expires_at, rolling
                FROM lot
               WHERE lot.merchant_id = $1 AND lot.account_id = wanted.account_id AND lot.live
               ORDER BY lot.expires_at, lot.earned_at, lot.number
               LIMIT coalesce(more.lots_max, $6) + 1
              ) AS first
       ) AS live;

-- name: load_member
-- The same for a batch about one member, known by one identity, which most are at low load: what a plan sets up before
-- it starts, above all for the branches that find nothing, would take longer than to find the member.
SELECT named.kind, named.value, member.member_id, theirs.account_id, member.status, member.opted_in,
       member.tier_level, member.tags, member.may_spend,
       account.account_id, account.unit, account.issued, account.pending, account.available, account.held,
       account.redeemed, account.expired, account.reversed, account.moved, account.earned, account.entries,
       account.heir, account.idle_days, account.lapses_at, account.version,
       $4::integer AS lots_max,
       live.numbers, live.points, live.available, live.held, live.earned_at, live.expires_at, live.rolling
  FROM (SELECT $2::text AS kind, $3::text AS value) AS named
 CROSS JOIN LATERAL (
       SELECT member_id
         FROM identity
        WHERE merchant_id = $1 AND kind = named.kind AND value = named.value
       OFFSET 0
       ) AS found
 CROSS JOIN LATERAL (
       SELECT account_id
         FROM member_account
        WHERE merchant_id = $1 AND member_id = found.member_id AND unit = 'points'
       OFFSET 0
       ) AS theirs
 CROSS JOIN LATERAL (
       SELECT *
         FROM account
        WHERE merchant_id = $1 AND account_id = theirs.account_id
       OFFSET 0
       ) AS account
 CROSS JOIN LATERAL (
       SELECT *
         FROM member
        WHERE merchant_id = $1 AND member_id = found.member_id
       OFFSET 0
       ) AS member
 CROSS JOIN LATERAL (
       SELECT array_agg(first.number) AS numbers, array_agg(first.points) AS points,
              array_agg(first.available) AS available, array_agg(first.held) AS held,
              array_agg(first.earned_at) AS earned_at, array_agg(first.expires_at) AS expires_at,
              array_agg(first.rolling) AS rolling
         FROM (
              SELECT number, points, available, held, earned_at, expires_at, rolling
                FROM lot
               WHERE lot.merchant_id = $1 AND lot.account_id = theirs.account_id AND lot.live
               ORDER BY lot.expires_at, lot.earned_at, lot.number
               LIMIT $4 + 1
              ) AS first
       ) AS live;

-- name: load_taken
-- Entries whose points a command may move on or back, with what they hold or keep pending.
SELECT entry.account_id, entry.number, entry.source, entry.target, entry.points, entry.source_after,
       entry.target_after, entry.lot_numbers, entry.lot_points, entry.counted, entry.reason, entry.subject,
       entry.actor, entry.command_id, hold.state, hold.ended_by, hold.expires_at, pending.points_left,
       pending.activates_at, pending.expiry, pending.activated_by
  FROM unnest($2::bigint[], $3::bigint[]) AS wanted (account_id, number)
  JOIN entry
    ON entry.merchant_id = $1 AND entry.account_id = wanted.account_id AND entry.number = wanted.number
  LEFT JOIN hold
    ON hold.merchant_id = $1 AND hold.account_id = wanted.account_id AND hold.number = wanted.number
  LEFT JOIN pending
    ON pending.merchant_id = $1 AND pending.account_id = wanted.account_id AND pending.number = wanted.number;

-- name: load_lots
-- The lots that those entries took from, spent or not.
SELECT account_id, number, points, available, held, earned_at, expires_at, rolling
  FROM unnest($2::bigint[], $3::bigint[]) AS wanted (account_id, number)
  JOIN lot USING (account_id, number)
 WHERE lot.merchant_id = $1;

-- name: load_answers
-- What was answered before under the same keys.
SELECT key, fingerprint, body
  FROM answer
 WHERE merchant_id = $1 AND key = ANY ($2::text[]);

-- The statements from here to insert_decisions write a batch, together and in one round trip: $1 is the merchant and $2
-- the time of the batch for all of them, and $3 the rows of each, as JSON.

-- name: lock_unchanged
-- The accounts that a batch has read without locks, locked now, those apart that somebody has changed meanwhile.
SELECT account.account_id
  FROM json_to_recordset($3::json) AS seen (account_id bigint, version bigint)
  JOIN account
    ON account.merchant_id = $1 AND account.account_id = seen.account_id AND account.version = seen.version
 ORDER BY account.account_id
   FOR UPDATE OF account;

-- name: update_accounts
-- The balances that the batch leaves, of accounts that nobody has changed meanwhile.
UPDATE account
   SET issued = new.issued, pending = new.pending, available = new.available, held = new.held,
       redeemed = new.redeemed, expired = new.expired, reversed = new.reversed, moved = new.moved,
       earned = new.earned, entries = new.entries, heir = new.heir, idle_days = new.idle_days,
       lapses_at = new.lapses_at, version = account.version + 1, updated_at = $2
  FROM json_to_recordset($3::json) AS new (
           account_id bigint, issued bigint, pending bigint, available bigint, held bigint, redeemed bigint,
           expired bigint, reversed bigint, moved bigint, earned bigint, entries bigint, heir bigint,
           idle_days integer, lapses_at timestamptz, version bigint
       )
 WHERE account.merchant_id = $1 AND account.account_id = new.account_id AND account.version = new.version
RETURNING account.account_id;

-- name: insert_accounts
-- Accounts that the batch opened, perhaps with points on them already.
INSERT INTO account (
    merchant_id, account_id, unit, issued, pending, available, held, redeemed, expired, reversed, moved, earned,
    entries, heir, idle_days, lapses_at, version, updated_at
)
SELECT $1, account_id, unit, issued, pending, available, held, redeemed, expired, reversed, moved, earned, entries,
       heir, idle_days, lapses_at, 0, $2
  FROM json_to_recordset($3::json) AS new (
           account_id bigint, unit text, issued bigint, pending bigint, available bigint, held bigint,
           redeemed bigint, expired bigint, reversed bigint, moved bigint, earned bigint, entries bigint, heir bigint,
           idle_days integer, lapses_at timestamptz
       );

-- name: hand_accounts
-- Members who hold another account from now on.
UPDATE member_account
   SET account_id = new.account_id
  FROM json_to_recordset($3::json) AS new (member_id bigint, account_id bigint)
 WHERE member_account.merchant_id = $1 AND member_account.member_id = new.member_id
   AND member_account.unit = 'points';

-- name: insert_lots
-- Points newly earned.
INSERT INTO lot (merchant_id, account_id, number, points, available, held, earned_at, expires_at, rolling)
SELECT $1, account_id, number, points, available, held, earned_at, expires_at, rolling
  FROM json_to_recordset($3::json) AS new (
           account_id bigint, number bigint, points bigint, available bigint, held bigint, earned_at timestamptz,
           expires_at timestamptz, rolling boolean
       );

-- name: update_lots
-- What is left of lots that were taken from, or given back to, perhaps with some days of grace.
UPDATE lot
   SET available = new.available, held = new.held, expires_at = new.expires_at, rolling = new.rolling
  FROM json_to_recordset($3::json) AS new (
           account_id bigint, number bigint, available bigint, held bigint, expires_at timestamptz, rolling boolean
       )
 WHERE lot.merchant_id = $1 AND lot.account_id = new.account_id AND lot.number = new.number;

-- name: insert_entries
-- Every move of the batch.
INSERT INTO entry (
    merchant_id, account_id, number, source, target, points, source_after, target_after, lot_numbers, lot_points,
    counted, reason, subject, title, visible, actor, command_id, occurred_at, recorded_at
)
SELECT $1, account_id, number, source, target, points, source_after, target_after, lot_numbers, lot_points, counted,
       reason, subject, title, visible, actor, command_id, coalesce(occurred_at, $2), $2
  FROM json_to_recordset($3::json) AS new (
           account_id bigint, number bigint, source text, target text, points bigint, source_after bigint,
           target_after bigint, lot_numbers bigint[], lot_points bigint[], counted boolean, reason text, subject text,
           title text, visible boolean, actor text, command_id uuid, occurred_at timestamptz
       );

-- name: insert_holds
-- Points newly set aside; a hold that the same batch ended already is written as ended.
INSERT INTO hold (merchant_id, account_id, number, state, ended_by, expires_at)
SELECT $1, account_id, number, state, ended_by, expires_at
  FROM json_to_recordset($3::json) AS new (
           account_id bigint, number bigint, state text, ended_by bigint, expires_at timestamptz
       );

-- name: end_holds
-- Holds that the batch captured or released.
UPDATE hold
   SET state = new.state, ended_by = new.ended_by
  FROM json_to_recordset($3::json) AS new (account_id bigint, number bigint, state text, ended_by bigint)
 WHERE hold.merchant_id = $1 AND hold.account_id = new.account_id AND hold.number = new.number;

-- name: insert_pending
-- Points that wait.
INSERT INTO pending (merchant_id, account_id, number, points_left, activates_at, expiry, activated_by)
SELECT $1, account_id, number, points_left, activates_at, expiry, activated_by
  FROM json_to_recordset($3::json) AS new (
           account_id bigint, number bigint, points_left bigint, activates_at timestamptz, expiry text,
           activated_by bigint
       );

-- name: update_pending
-- Points that were activated, taken back, or wait for another date.
UPDATE pending
   SET points_left = new.points_left, activates_at = new.activates_at, activated_by = new.activated_by
  FROM json_to_recordset($3::json) AS new (
           account_id bigint, number bigint, points_left bigint, activates_at timestamptz, activated_by bigint
       )
 WHERE pending.merchant_id = $1 AND pending.account_id = new.account_id AND pending.number = new.number;

-- name: insert_events
-- What others are told, in the commit of what it tells of.
INSERT INTO event (merchant_id, event_id, topic, member_id, payload, recorded_at)
SELECT $1, event_id, topic, member_id, payload, $2
  FROM json_to_recordset($3::json) AS new (event_id uuid, topic text, member_id bigint, payload jsonb);

-- name: insert_answers
-- What was answered under each key, in the commit of what it answers for.
INSERT INTO answer (merchant_id, key, fingerprint, body, recorded_at)
SELECT $1, key, decode(fingerprint, 'hex'), body, $2
  FROM json_to_recordset($3::json) AS new (key text, fingerprint text, body text);

-- name: insert_decisions
-- Why something was refused, to be looked up later. A batch that is tried again may have been committed before.
INSERT INTO decision (merchant_id, decision_id, command, code, sentence, facts, actor, recorded_at, member_id)
SELECT $1, decision_id, command, code, sentence, facts, actor, $2, member_id
  FROM json_to_recordset($3::json) AS new (
           decision_id uuid, command text, code text, sentence text, facts jsonb, actor text, member_id bigint
       )
    ON CONFLICT ON CONSTRAINT decision_is_known_by_id DO NOTHING;

-- name: open_accounts
-- A new account, empty.
INSERT INTO account (
    merchant_id, account_id, unit, issued, pending, available, held, redeemed, expired, reversed, moved, earned,
    entries, version, updated_at
)
SELECT $1, account_id, $3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, $4
  FROM unnest($2::bigint[]) AS new (account_id);

-- name: give_accounts
-- Say whose an account is.
INSERT INTO member_account (merchant_id, member_id, unit, account_id)
SELECT $1, member_id, $4, account_id
  FROM unnest($2::bigint[], $3::bigint[]) AS new (member_id, account_id);
