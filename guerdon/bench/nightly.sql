-- A night's worth of members, many at once, and how far a worker has come with them.

-- name: last_account
-- Accounts of this night come after those that are there.
SELECT coalesce(max(account_id), 0) FROM member_account;

-- name: insert_dated_members
-- Members by number, each with an account of the same number (after $6 others) and points that expire at a time: what
-- an import would leave.
WITH chosen AS (
    SELECT number, $6::bigint + number AS account_id FROM generate_series($2::bigint, $3::bigint) AS number
), members AS (
    INSERT INTO member (merchant_id, member_id, status, tier_level, tags, has_account, may_spend, created_at, updated_at)
    SELECT $1, number, 'active', 0, '{}', true, true, $5, $5 FROM chosen
), accounts AS (
    INSERT INTO account (
        merchant_id, account_id, unit, issued, pending, available, held, redeemed, expired, reversed, moved, earned,
        entries, version, updated_at
    )
    SELECT $1, account_id, 'points', -$4::bigint, 0, $4::bigint, 0, 0, 0, 0, 0, $4::bigint, 1, 0, $5 FROM chosen
), owners AS (
    INSERT INTO member_account (merchant_id, member_id, unit, account_id)
    SELECT $1, number, 'points', account_id FROM chosen
), lots AS (
    INSERT INTO lot (
        merchant_id, account_id, number, points, available, held, earned_at, expires_at, rolling
    )
    SELECT $1, account_id, 1, $4::bigint, $4::bigint, 0, $5, $7, false FROM chosen
)
INSERT INTO entry (
    merchant_id, account_id, number, source, target, points, source_after, target_after, lot_numbers, lot_points,
    counted, reason, subject, visible, actor, command_id, occurred_at, recorded_at
)
SELECT $1, account_id, 1, 'issued', 'available', $4::bigint, -$4::bigint, $4::bigint, ARRAY[1::bigint],
       ARRAY[$4::bigint], true, 'history', '', true, 'bench', '00000000-0000-0000-0000-000000000000', $5, $5
  FROM chosen;

-- name: count_expired
-- How many accounts the job has done, as it says itself.
SELECT coalesce(sum(done), 0)::bigint FROM job_run WHERE merchant_id = $1 AND job = 'expire';
