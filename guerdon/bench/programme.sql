-- Rows for a benchmark, many at once. The points themselves come through the desk.

-- name: insert_members
-- So many members, numbered from 1.
INSERT INTO member (merchant_id, member_id, status, tier_level, tags, has_account, may_spend, created_at, updated_at)
SELECT $1, number, 'active', 0, '{}', true, true, $3, $3 FROM generate_series(1, $2::integer) AS number;

-- name: insert_identities
-- Each found by an email address with its number.
INSERT INTO identity (merchant_id, kind, value, member_id)
SELECT $1, 'email', 'm' || lpad(number::text, 7, '0') || '@bench.example', number
  FROM generate_series(1, $2::integer) AS number;

-- name: lengthen_history
-- A past that nobody lived: pairs of points earned and spent, with the balances that they left.
WITH chosen AS (
    SELECT account.account_id, account.issued, account.available, account.redeemed, account.entries
      FROM account
      JOIN member_account
        ON member_account.merchant_id = $1 AND member_account.account_id = account.account_id
     WHERE account.merchant_id = $1 AND member_account.member_id BETWEEN $2 AND $3
), earned AS (
    INSERT INTO lot (merchant_id, account_id, number, points, available, held, earned_at, rolling)
    SELECT $1, account_id, entries + 2 * pair - 1, $5, 0, 0, $6, false
      FROM chosen, generate_series(1, $4::integer) AS pair
), written AS (
    INSERT INTO entry (
        merchant_id, account_id, number, source, target, points, source_after, target_after, lot_numbers, lot_points,
        counted, reason, subject, visible, actor, command_id, occurred_at, recorded_at
    )
    SELECT $1, account_id, entries + 2 * pair - 1 + leg, source, target, $5::bigint,
           CASE leg WHEN 0 THEN issued - $5::bigint * pair ELSE available END,
           CASE leg WHEN 0 THEN available + $5::bigint ELSE redeemed + $5::bigint * pair END,
           ARRAY[entries + 2 * pair - 1], ARRAY[$5::bigint], leg = 0, 'history', '', true, 'bench',
           '00000000-0000-0000-0000-000000000000', $6, $6
      FROM chosen, generate_series(1, $4::integer) AS pair,
           (VALUES (0, 'issued', 'available'), (1, 'available', 'redeemed')) AS legs (leg, source, target)
)
UPDATE account
   SET issued = account.issued - $5::bigint * $4, redeemed = account.redeemed + $5::bigint * $4,
       earned = account.earned + $5::bigint * $4, entries = account.entries + 2 * $4,
       version = account.version + 1
  FROM chosen
 WHERE account.merchant_id = $1 AND account.account_id = chosen.account_id;

-- name: analyse_tables
-- Statistics for the planner.
ANALYZE;
