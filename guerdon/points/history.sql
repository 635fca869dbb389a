-- Balances and statements, for whoever only wants to read. Nothing here is locked.

-- name: get_balances
-- A member's account with what has expired without being booked yet, and the next points that will.
SELECT account.account_id, account.available, account.held, account.pending, account.earned, account.redeemed,
       account.expired, due.points AS due, upcoming.expires_at, upcoming.points
  FROM member_account
  JOIN account
    ON account.merchant_id = $1 AND account.account_id = member_account.account_id
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(lot.available), 0)::bigint AS points
         FROM lot
        WHERE lot.merchant_id = $1 AND lot.account_id = account.account_id AND lot.live
          AND (lot.expires_at <= $3 OR lot.rolling AND account.lapses_at <= $3)
       ) AS due
  LEFT JOIN LATERAL (
       SELECT ends.at AS expires_at, sum(lot.available)::bigint AS points
         FROM lot
        CROSS JOIN LATERAL (
              SELECT CASE WHEN lot.rolling THEN account.lapses_at ELSE lot.expires_at END AS at
              ) AS ends
        WHERE lot.merchant_id = $1 AND lot.account_id = account.account_id AND lot.live AND ends.at > $3
        GROUP BY ends.at
        ORDER BY ends.at
        LIMIT 1
       ) AS upcoming
    ON true
 WHERE member_account.merchant_id = $1 AND member_account.member_id = $2 AND member_account.unit = 'points';

-- name: list_entries
-- The statement of an account, newest first, from before an entry on.
SELECT number, source, target, points, reason, subject, title, visible, actor, occurred_at, recorded_at
  FROM entry
 WHERE merchant_id = $1 AND account_id = $2 AND number < $3 AND (visible OR NOT $4)
 ORDER BY number DESC
 LIMIT $5;
