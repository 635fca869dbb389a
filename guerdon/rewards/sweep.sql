-- Coupons whose time is over, unused.

-- name: find_merchants
-- Which merchants have any: a plain read over a small partial index; the work itself is done merchant by merchant.
SELECT DISTINCT merchant_id FROM coupon WHERE state IN ('asked', 'issued') AND expires_at <= $1;

-- name: find_due
-- The redemptions of the next of a merchant's, longest over first.
SELECT redemption_id
  FROM coupon
 WHERE merchant_id = $1 AND state IN ('asked', 'issued') AND expires_at <= $2
 ORDER BY expires_at
 LIMIT $3;
