-- Redemptions as they are looked up, never changed.

-- name: get_codes
-- The coupon codes of redemptions.
SELECT redemption_id, code FROM redemption WHERE merchant_id = $1 AND redemption_id = ANY ($2::bigint[]);

-- name: count_redemptions
-- How often a member has redeemed anything; what was given back counts for nothing.
SELECT coalesce(sum(redemptions), 0)::bigint FROM redemption_usage WHERE merchant_id = $1 AND member_id = $2;
