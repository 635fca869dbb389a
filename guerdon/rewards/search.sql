-- Lists of redemptions.

-- name: find_redemptions
-- Redemptions of anybody, newest first, from before a place (created, id) on.
SELECT redemption_id, member_id, account_id, entry, rule_id, rule_version, state, delayed, points, value_minor, currency,
       stock_minor, channel, day, code, token, expires_at, created_at, updated_at, points_back, third_party_id,
       third_party_rule_id
  FROM redemption
 WHERE merchant_id = $1
   AND ($2::bigint IS NULL OR rule_id = $2)
   AND ($3::text IS NULL OR state = $3)
   AND ($4::timestamptz IS NULL OR created_at >= $4)
   AND ($5::timestamptz IS NULL OR created_at < $5)
   AND ($6::timestamptz IS NULL OR (created_at, redemption_id) < ($6, $7::bigint))
 ORDER BY created_at DESC, redemption_id DESC
 LIMIT $8;

-- name: find_redemptions_of
-- The same of one member.
SELECT redemption_id, member_id, account_id, entry, rule_id, rule_version, state, delayed, points, value_minor, currency,
       stock_minor, channel, day, code, token, expires_at, created_at, updated_at, points_back, third_party_id,
       third_party_rule_id
  FROM redemption
 WHERE merchant_id = $1 AND member_id = $9
   AND ($2::bigint IS NULL OR rule_id = $2)
   AND ($3::text IS NULL OR state = $3)
   AND ($4::timestamptz IS NULL OR created_at >= $4)
   AND ($5::timestamptz IS NULL OR created_at < $5)
   AND ($6::timestamptz IS NULL OR (created_at, redemption_id) < ($6, $7::bigint))
 ORDER BY created_at DESC, redemption_id DESC
 LIMIT $8;

-- name: find_rules
-- Redemption rules as they stand, newest first, from before a place (created, id) on.
SELECT first.rule_id, now.version, now.terms, first.recorded_at AS created_at, now.recorded_at AS updated_at, now.actor
  FROM redemption_rule_version AS first
  JOIN redemption_rule
    ON redemption_rule.merchant_id = $1 AND redemption_rule.rule_id = first.rule_id
  JOIN redemption_rule_version AS now
    ON now.merchant_id = $1 AND now.rule_id = first.rule_id AND now.version = redemption_rule.version
 WHERE first.merchant_id = $1 AND first.version = 1
   AND ($2::boolean IS NULL OR coalesce((now.terms ->> 'active')::boolean, true) = $2)
   AND ($3::timestamptz IS NULL OR (first.recorded_at, first.rule_id) < ($3, $4::bigint))
 ORDER BY first.recorded_at DESC, first.rule_id DESC
 LIMIT $5;

-- name: find_stocks
-- How much of these rules all members together have used; rules without a limit are left out.
SELECT rule_id, redemptions, amount_minor FROM redemption_stock WHERE merchant_id = $1 AND rule_id = ANY ($2::bigint[]);

-- name: find_coupons
-- Coupons with whose they are: those of these codes, of a redemption, of an order, or of a member; those of the old
-- system too, which have no redemption. Newest first, from before a place (time, code) on.
SELECT coupon.code, coupon.state, coupon.order_id, coupon.expires_at, coupon.redemption_id,
       coalesce(redemption.member_id, imported_code.member_id) AS member_id, redemption.rule_id,
       redemption.code AS written,
       coalesce(redemption.created_at, imported_code.at) AS at
  FROM (
       SELECT unnest($2::text[]) AS code
        UNION
       SELECT upper(code) FROM redemption WHERE merchant_id = $1 AND redemption_id = $3::bigint
        UNION
       SELECT upper(code) FROM redemption WHERE merchant_id = $1 AND member_id = $4::bigint
        UNION
       SELECT unnest(codes) FROM shop_order WHERE merchant_id = $1 AND order_id = $5::text
       ) AS wanted
  JOIN coupon
    ON coupon.merchant_id = $1 AND coupon.code = wanted.code
  LEFT JOIN redemption
    ON redemption.merchant_id = $1 AND redemption.redemption_id = coupon.redemption_id
  LEFT JOIN imported_code
    ON imported_code.merchant_id = $1 AND imported_code.code = coupon.code
 WHERE ($6::text IS NULL OR coupon.state = $6)
   AND ($7::timestamptz IS NULL
        OR (coalesce(redemption.created_at, imported_code.at, '0001-01-01 00:00:00+00'), coupon.code) < ($7, $8::text))
 ORDER BY coalesce(redemption.created_at, imported_code.at, '0001-01-01 00:00:00+00') DESC, coupon.code DESC
 LIMIT $9;
