-- Balances and statements, for whoever only wants to read. Nothing here is locked.

-- name: get_balances
-- Of each of these members the accounts together, the one that the member holds and those bequeathed to it, with what has
-- expired without being booked yet, and the next points that will.
SELECT wanted.member_id, balance.account_id, balance.available, balance.held, balance.pending, balance.earned,
       balance.redeemed, balance.expired, balance.due, balance.expires_at, balance.points
  FROM unnest($2::bigint[]) AS wanted (member_id)
 CROSS JOIN LATERAL (
       WITH own AS (
           SELECT member_account.account_id
             FROM member
             JOIN member_account
               ON member_account.merchant_id = $1
              AND member_account.member_id = coalesce(member.merged_into, member.member_id)
              AND member_account.unit = 'points'
            WHERE member.merchant_id = $1 AND member.member_id = wanted.member_id
       ), family AS (
           SELECT account.account_id, account.available, account.held, account.pending, account.earned, account.redeemed,
                  account.expired, account.lapses_at
             FROM account
            WHERE account.merchant_id = $1
              AND account.account_id = ANY (ARRAY(
                  SELECT account_id FROM own
                   UNION ALL
                  SELECT follower.account_id
                    FROM account AS follower
                   WHERE follower.merchant_id = $1 AND follower.heir = ANY (ARRAY(SELECT account_id FROM own))
              ))
       )
       SELECT own.account_id, summed.available, summed.held, summed.pending, summed.earned, summed.redeemed,
              summed.expired, summed.due, upcoming.expires_at, upcoming.points
         FROM own
        CROSS JOIN (
              SELECT sum(family.available)::bigint AS available, sum(family.held)::bigint AS held,
                     sum(family.pending)::bigint AS pending, sum(family.earned)::bigint AS earned,
                     sum(family.redeemed)::bigint AS redeemed, sum(family.expired)::bigint AS expired,
                     coalesce(sum(due.points), 0)::bigint AS due
                FROM family
               CROSS JOIN LATERAL (
                     SELECT sum(lot.available) AS points
                       FROM lot
                      WHERE lot.merchant_id = $1 AND lot.account_id = family.account_id AND lot.live
                        AND (lot.expires_at <= $3 OR lot.rolling AND family.lapses_at <= $3)
                     ) AS due
              ) AS summed
         LEFT JOIN (
              SELECT ends.at AS expires_at, sum(lot.available)::bigint AS points
                FROM family
                JOIN lot
                  ON lot.merchant_id = $1 AND lot.account_id = family.account_id AND lot.live
               CROSS JOIN LATERAL (
                     SELECT CASE WHEN lot.rolling THEN family.lapses_at ELSE lot.expires_at END AS at
                     ) AS ends
               WHERE ends.at > $3
               GROUP BY ends.at
               ORDER BY ends.at
               LIMIT 1
              ) AS upcoming
           ON true
       ) AS balance;

-- name: list_pending
-- The entries of an account, and of those bequeathed to it, whose points wait, newest first, with what is left of each.
SELECT entry.account_id, entry.number, entry.source, entry.target, pending.points_left, entry.reason, entry.subject,
       entry.title, entry.visible, entry.actor, entry.occurred_at, entry.recorded_at
  FROM pending
  JOIN entry
    ON entry.merchant_id = $1 AND entry.account_id = pending.account_id AND entry.number = pending.number
 WHERE pending.merchant_id = $1 AND pending.points_left > 0
   AND pending.account_id = ANY (ARRAY(
       SELECT $2::bigint
        UNION ALL
       SELECT account_id FROM account WHERE merchant_id = $1 AND heir = $2
   ))
   AND (entry.visible OR NOT $3)
 ORDER BY entry.recorded_at DESC, entry.account_id DESC, entry.number DESC
 LIMIT $4;

-- name: list_entries
-- The statement of an account and of those bequeathed to it, newest first, from before an entry (recorded, account,
-- number) on. What moved between them is left out: to their members they are one.
SELECT entry.account_id, entry.number, entry.source, entry.target, entry.points, entry.reason, entry.subject,
       entry.title, entry.visible, entry.actor, entry.occurred_at, entry.recorded_at
  FROM (
       SELECT ARRAY(
                  SELECT $2::bigint
                   UNION ALL
                  SELECT account.account_id FROM account WHERE account.merchant_id = $1 AND account.heir = $2
              ) AS accounts
       ) AS family
 CROSS JOIN LATERAL unnest(family.accounts) AS of_family (account_id)
 CROSS JOIN LATERAL (
       SELECT account_id, number, source, target, points, reason, subject, title, visible, actor, occurred_at,
              recorded_at
         FROM entry
        WHERE entry.merchant_id = $1 AND entry.account_id = of_family.account_id
          AND ($3::timestamptz IS NULL OR (entry.recorded_at, entry.account_id, entry.number) < ($3, $4, $5))
          AND (entry.visible OR NOT $6)
          AND NOT (
              entry.reason = 'heir'
              AND entry.subject IN (SELECT 'account:' || unnest FROM unnest(family.accounts))
          )
        ORDER BY entry.number DESC
        LIMIT $7
       ) AS entry
 ORDER BY entry.recorded_at DESC, entry.account_id DESC, entry.number DESC
 LIMIT $7;
