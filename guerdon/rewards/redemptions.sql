-- Redemptions as they are looked up, never changed.

-- name: get_codes
-- The coupon codes of redemptions.
SELECT redemption_id, code FROM redemption WHERE merchant_id = $1 AND redemption_id = ANY ($2::bigint[]);

-- name: list_redemptions
-- What a member has redeemed, newest first, with the order that used the coupon.
SELECT redemption.redemption_id, redemption.rule_id, redemption.state, redemption.delayed, redemption.points,
       redemption.currency, redemption.channel, redemption.code, redemption.created_at,
       CASE WHEN coupon.state = 'used' THEN coupon.order_id END AS used_by
  FROM redemption
  LEFT JOIN coupon
    ON coupon.merchant_id = $1 AND coupon.code = upper(redemption.code)
   AND coupon.redemption_id = redemption.redemption_id
 WHERE redemption.merchant_id = $1 AND redemption.member_id = $2
 ORDER BY redemption.created_at DESC, redemption.redemption_id DESC
 LIMIT $3;

-- name: count_redemptions
-- How often members have redeemed anything; what was given back counts for nothing.
SELECT member_id, sum(redemptions)::bigint AS redemptions
  FROM redemption_usage
 WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
 GROUP BY member_id;

-- name: get_redemption
-- A redemption as it stands.
SELECT redemption_id, member_id, account_id, entry, rule_id, rule_version, state, delayed, points, value_minor, currency,
       stock_minor, channel, day, code, token, expires_at, created_at, updated_at, points_back, third_party_id,
       third_party_rule_id
  FROM redemption
 WHERE merchant_id = $1 AND redemption_id = $2;

-- name: find_owners
-- Whose a code is, or the codes that a third party knows by an id; those of the old system too. What was never given,
-- or was taken back, is nobody's.
SELECT redemption.redemption_id, redemption.code, redemption.third_party_id, redemption.member_id
  FROM coupon
  JOIN redemption
    ON redemption.merchant_id = $1 AND redemption.redemption_id = coupon.redemption_id
 WHERE coupon.merchant_id = $1 AND coupon.code = $2 AND coupon.state IN ('issued', 'used', 'expired')
   AND ($3::text IS NULL OR redemption.third_party_id = $3)
 UNION ALL
SELECT redemption.redemption_id, redemption.code, redemption.third_party_id, redemption.member_id
  FROM redemption
  JOIN coupon
    ON coupon.merchant_id = $1 AND coupon.code = upper(redemption.code)
 WHERE $2::text IS NULL AND redemption.merchant_id = $1 AND redemption.third_party_id = $3
   AND coupon.state IN ('issued', 'used', 'expired')
 UNION ALL
SELECT NULL, coupon.code, NULL, imported_code.member_id
  FROM imported_code
  JOIN coupon
    ON coupon.merchant_id = $1 AND coupon.code = imported_code.code
 WHERE imported_code.merchant_id = $1 AND imported_code.code = $2 AND $3::text IS NULL;

-- name: list_emails
-- The email addresses of members.
SELECT member_id, value FROM identity
 WHERE merchant_id = $1 AND kind = 'email' AND member_id = ANY ($2::bigint[])
 ORDER BY value;
