-- What time has made due, page by page: no lock, since whoever decides looks again under the locks.

-- name: find_due_lots
-- The next accounts with a lot whose time is over, after (time, account), with their members.
SELECT due.at, due.account_id, members.ids
  FROM (
       SELECT expires_at AS at, account_id
         FROM lot
        WHERE merchant_id = $1 AND live AND expires_at IS NOT NULL AND expires_at <= $2
          AND (expires_at, account_id) > ($3, $4)
        ORDER BY expires_at, account_id
        LIMIT $5
       ) AS due
 CROSS JOIN LATERAL (
       SELECT array_agg(member_id ORDER BY member_id) AS ids
         FROM member_account
        WHERE member_account.merchant_id = $1 AND member_account.account_id = due.account_id
       ) AS members
 ORDER BY due.at, due.account_id;

-- name: find_lapsed_accounts
-- The next accounts where nothing has happened for too long, after (time, account), with their members.
SELECT due.at, due.account_id, members.ids
  FROM (
       SELECT lapses_at AS at, account_id
         FROM account
        WHERE merchant_id = $1 AND lapses_at IS NOT NULL AND lapses_at <= $2
          AND (lapses_at, account_id) > ($3, $4)
        ORDER BY lapses_at, account_id
        LIMIT $5
       ) AS due
 CROSS JOIN LATERAL (
       SELECT array_agg(member_id ORDER BY member_id) AS ids
         FROM member_account
        WHERE member_account.merchant_id = $1 AND member_account.account_id = due.account_id
       ) AS members
 ORDER BY due.at, due.account_id;

-- name: find_due_pending
-- The next points whose wait is over, after (time, account, number), with the members of their accounts.
SELECT due.at, due.account_id, due.number, members.ids
  FROM (
       SELECT activates_at AS at, account_id, number
         FROM pending
        WHERE merchant_id = $1 AND points_left > 0 AND activates_at IS NOT NULL AND activates_at <= $2
          AND (activates_at, account_id) >= ($3, $4) AND (activates_at, account_id, number) > ($3, $4, $5)
        ORDER BY activates_at, account_id, number
        LIMIT $6
       ) AS due
 CROSS JOIN LATERAL (
       SELECT array_agg(member_id ORDER BY member_id) AS ids
         FROM member_account
        WHERE member_account.merchant_id = $1 AND member_account.account_id = due.account_id
       ) AS members
 ORDER BY due.at, due.account_id, due.number;

-- name: find_expiring_lots
-- The next accounts with a lot that expires after $2 and until $3, after (time, account), with what expires there then.
SELECT next.at, next.account_id, lots.points
  FROM (
       SELECT DISTINCT at, account_id
         FROM (
              SELECT expires_at AS at, account_id
                FROM lot
               WHERE merchant_id = $1 AND live AND expires_at > $2 AND expires_at <= $3
                 AND (expires_at, account_id) > ($4, $5)
               ORDER BY expires_at, account_id
               LIMIT $6
              ) AS page
       ) AS next
 CROSS JOIN LATERAL (
       SELECT sum(available)::bigint AS points
         FROM lot
        WHERE lot.merchant_id = $1 AND lot.account_id = next.account_id AND lot.live AND lot.expires_at = next.at
       ) AS lots
 ORDER BY next.at, next.account_id;

-- name: find_lapsing_accounts
-- The next accounts that lapse after $2 and until $3 if nothing happens, after (time, account), with what lapses there.
SELECT next.at, next.account_id, lots.points
  FROM (
       SELECT lapses_at AS at, account_id
         FROM account
        WHERE merchant_id = $1 AND lapses_at > $2 AND lapses_at <= $3 AND (lapses_at, account_id) > ($4, $5)
        ORDER BY lapses_at, account_id
        LIMIT $6
       ) AS next
 CROSS JOIN LATERAL (
       SELECT sum(available)::bigint AS points
         FROM lot
        WHERE lot.merchant_id = $1 AND lot.account_id = next.account_id AND lot.live AND lot.expires_at IS NULL
          AND lot.rolling
       ) AS lots
 ORDER BY next.at, next.account_id;

-- name: remember_reminders
-- That the members of these accounts are told: returns those of them who were not before, and take part.
WITH told AS (
    INSERT INTO expiry_reminder (merchant_id, expires_at, account_id, days)
    SELECT $1, at, account_id, $4
      FROM unnest($2::timestamptz[], $3::bigint[]) AS new (at, account_id)
        ON CONFLICT ON CONSTRAINT expiry_reminder_is_sent_once DO NOTHING
    RETURNING expires_at, account_id
)
SELECT told.expires_at, told.account_id, member.member_id
  FROM told
  JOIN member_account
    ON member_account.merchant_id = $1 AND member_account.account_id = told.account_id
  JOIN member
    ON member.merchant_id = $1 AND member.member_id = member_account.member_id
 WHERE member.status = 'active' AND member.opted_in IS NOT FALSE;

-- name: forget_reminders
-- What has expired needs no reminder any more.
DELETE FROM expiry_reminder WHERE merchant_id = $1 AND expires_at <= $2;

-- name: list_balances
-- The next members after this one with what they may spend, up to which price it reached before, and to which it was
-- near.
SELECT member.member_id, account.account_id, member.status, member.opted_in, member.tier_level, member.tags,
       member.may_spend, account.available, coalesce(reward_reach.points, 0) AS reached,
       coalesce(reward_reach.near, 0) AS near
  FROM (
       SELECT member_id, status, opted_in, tier_level, tags, may_spend
         FROM member
        WHERE merchant_id = $1 AND member_id > $2
        ORDER BY member_id
        LIMIT $3
       ) AS member
  JOIN member_account
    ON member_account.merchant_id = $1 AND member_account.member_id = member.member_id
   AND member_account.unit = 'points'
  JOIN account
    ON account.merchant_id = $1 AND account.account_id = member_account.account_id
  LEFT JOIN reward_reach
    ON reward_reach.merchant_id = $1 AND reward_reach.member_id = member.member_id
 ORDER BY member.member_id;

-- name: remember_reach
-- Up to which price the balances of these members reach now, and to which they are near; returns those of them for whom
-- that is new.
INSERT INTO reward_reach (merchant_id, member_id, points, near)
SELECT $1, member_id, points, near
  FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS new (member_id, points, near)
    ON CONFLICT ON CONSTRAINT reward_reach_is_of_one_member DO UPDATE SET points = excluded.points, near = excluded.near
 WHERE (reward_reach.points, coalesce(reward_reach.near, 0)) <> (excluded.points, excluded.near)
RETURNING member_id;

-- name: list_lots_of_accounts
-- The next accounts after this one, each with its lots that have points, available or held.
SELECT page.account_id, lots.number, lots.available + lots.held AS points, lots.earned_at, lots.expires_at, lots.rolling
  FROM (
       SELECT account_id FROM account WHERE merchant_id = $1 AND account_id > $2 ORDER BY account_id LIMIT $3
       ) AS page
  LEFT JOIN LATERAL (
       SELECT number, available, held, earned_at, expires_at, rolling
         FROM lot
        WHERE lot.merchant_id = $1 AND lot.account_id = page.account_id AND lot.available + lot.held > 0
       ) AS lots ON true
 ORDER BY page.account_id, lots.number;
