-- Who could pay what.

-- name: count_able
-- How many of these members have so many points available, as far as their balances are booked.
SELECT count(*)
  FROM member_account
  JOIN account
    ON account.merchant_id = $1 AND account.account_id = member_account.account_id
 WHERE member_account.merchant_id = $1 AND member_account.member_id = ANY ($2::bigint[])
   AND member_account.unit = 'points' AND account.available >= $3;
