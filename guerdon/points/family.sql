-- Accounts that belong together: a member's own, and those that were bequeathed to it.

-- name: find_holdings
-- The account that each of these members holds, and the accounts whose heir it is.
SELECT member_account.member_id, member_account.account_id,
       ARRAY(
           SELECT account.account_id
             FROM account
            WHERE account.merchant_id = $1 AND account.heir = member_account.account_id
            ORDER BY account.account_id
       ) AS followers
  FROM member_account
 WHERE member_account.merchant_id = $1 AND member_account.member_id = ANY ($2::bigint[])
   AND member_account.unit = 'points';

-- name: list_waiting
-- The entries of these accounts whose points are pending still.
SELECT account_id, number FROM pending WHERE merchant_id = $1 AND account_id = ANY ($2::bigint[]) AND points_left > 0;

-- name: list_inherited
-- What an account has, after an entry, from another whose heir it is: lots, and debts that it has paid.
SELECT number, target = 'moved' AS paid
  FROM entry
 WHERE merchant_id = $1 AND account_id = $2 AND number > $3 AND reason = 'heir' AND subject = $4
   AND (source, target) IN (('moved', 'available'), ('available', 'moved'))
 ORDER BY number;

-- name: list_books
-- All that the books have of these accounts, one JSON object a row, for whoever asks what is known of them.
SELECT 'account' AS kind, to_jsonb(account) - 'merchant_id' AS document
  FROM account
 WHERE account.merchant_id = $1 AND account.account_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'lot', to_jsonb(lot) - 'merchant_id'
  FROM lot
 WHERE lot.merchant_id = $1 AND lot.account_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'pending', to_jsonb(pending) - 'merchant_id'
  FROM pending
 WHERE pending.merchant_id = $1 AND pending.account_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'hold', to_jsonb(hold) - 'merchant_id'
  FROM hold
 WHERE hold.merchant_id = $1 AND hold.account_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'entry', to_jsonb(entry) - 'merchant_id'
  FROM entry
 WHERE entry.merchant_id = $1 AND entry.account_id = ANY ($2::bigint[]);
