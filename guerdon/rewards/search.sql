-- Lists of redemptions.

-- name: find_places
-- Where redemptions stand that are wanted, newest first, from before a place (created, id) on; and the last that was
-- looked at, which is known by its number.
SELECT created_at, redemption_id, wanted, looked
  FROM (
       SELECT created_at, redemption_id, row_number() OVER (ORDER BY created_at DESC, redemption_id DESC) AS looked,
              ($6::bigint IS NULL OR rule_id = $6) AND ($7::text IS NULL OR state = $7)
              AND ($8::text IS NULL OR channel = $8)
              AND points >= $9::bigint AND points <= $10::bigint AS wanted
         FROM redemption
        WHERE merchant_id = $1
          AND created_at >= $2 AND created_at < $3 AND (created_at, redemption_id) < ($4, $5::bigint)
        ORDER BY created_at DESC, redemption_id DESC
        LIMIT $11
       ) AS seen
 WHERE wanted OR looked = $11
 ORDER BY created_at DESC, redemption_id DESC
 LIMIT $12;

-- name: find_places_of_member
-- The same among those of one member.
SELECT created_at, redemption_id, wanted, looked
  FROM (
       SELECT created_at, redemption_id, row_number() OVER (ORDER BY created_at DESC, redemption_id DESC) AS looked,
              ($6::bigint IS NULL OR rule_id = $6) AND ($7::text IS NULL OR state = $7)
              AND ($8::text IS NULL OR channel = $8)
              AND points >= $9::bigint AND points <= $10::bigint AS wanted
         FROM redemption
        WHERE merchant_id = $1 AND member_id = $13
          AND created_at >= $2 AND created_at < $3 AND (created_at, redemption_id) < ($4, $5::bigint)
        ORDER BY created_at DESC, redemption_id DESC
        LIMIT $11
       ) AS seen
 WHERE wanted OR looked = $11
 ORDER BY created_at DESC, redemption_id DESC
 LIMIT $12;

-- name: find_places_of_rule
-- The same among those of one rule.
SELECT created_at, redemption_id, wanted, looked
  FROM (
       SELECT created_at, redemption_id, row_number() OVER (ORDER BY created_at DESC, redemption_id DESC) AS looked,
              ($6::bigint IS NULL OR rule_id = $6) AND ($7::text IS NULL OR state = $7)
              AND ($8::text IS NULL OR channel = $8)
              AND points >= $9::bigint AND points <= $10::bigint AS wanted
         FROM redemption
        WHERE merchant_id = $1 AND rule_id = $13
          AND created_at >= $2 AND created_at < $3 AND (created_at, redemption_id) < ($4, $5::bigint)
        ORDER BY created_at DESC, redemption_id DESC
        LIMIT $11
       ) AS seen
 WHERE wanted OR looked = $11
 ORDER BY created_at DESC, redemption_id DESC
 LIMIT $12;

-- name: find_places_in_state
-- The same among those in a state that few are in.
SELECT created_at, redemption_id, wanted, looked
  FROM (
       SELECT created_at, redemption_id, row_number() OVER (ORDER BY created_at DESC, redemption_id DESC) AS looked,
              ($6::bigint IS NULL OR rule_id = $6) AND ($7::text IS NULL OR state = $7)
              AND ($8::text IS NULL OR channel = $8)
              AND points >= $9::bigint AND points <= $10::bigint AS wanted
         FROM redemption
        WHERE merchant_id = $1 AND state IN ('asked', 'held', 'cancelled', 'expired') AND state = $13
          AND created_at >= $2 AND created_at < $3 AND (created_at, redemption_id) < ($4, $5::bigint)
        ORDER BY created_at DESC, redemption_id DESC
        LIMIT $11
       ) AS seen
 WHERE wanted OR looked = $11
 ORDER BY created_at DESC, redemption_id DESC
 LIMIT $12;

-- name: get_redemptions
-- Redemptions by their ids, newest first.
SELECT redemption_id, member_id, account_id, entry, rule_id, rule_version, state, delayed, points, value_minor, currency,
       stock_minor, channel, day, code, token, expires_at, created_at, updated_at, points_back, third_party_id,
       third_party_rule_id
  FROM redemption
 WHERE merchant_id = $1 AND redemption_id = ANY ($2::bigint[])
 ORDER BY created_at DESC, redemption_id DESC;

-- name: find_redemption_of_code
-- The redemption that gave a code.
SELECT redemption_id FROM coupon WHERE merchant_id = $1 AND code = $2 AND redemption_id IS NOT NULL;

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

-- name: find_coupon_places
-- Where coupons of redemptions stand that are wanted, the last given first, from before a place (given, id) on; and
-- the last that was looked at.
SELECT created_at, redemption_id, code, wanted, looked
  FROM (
       SELECT redemption.created_at, redemption.redemption_id, upper(redemption.code) AS code,
              row_number() OVER (ORDER BY redemption.created_at DESC, redemption.redemption_id DESC) AS looked,
              $6::text IS NULL OR EXISTS (
                  SELECT FROM coupon
                   WHERE coupon.merchant_id = $1 AND coupon.code = upper(redemption.code) AND coupon.state = $6
              ) AS wanted
         FROM redemption
        WHERE redemption.merchant_id = $1
          AND redemption.created_at >= $2 AND redemption.created_at < $3
          AND (redemption.created_at, redemption.redemption_id) < ($4, $5::bigint)
        ORDER BY redemption.created_at DESC, redemption.redemption_id DESC
        LIMIT $7
       ) AS seen
 WHERE wanted OR looked = $7
 ORDER BY created_at DESC, redemption_id DESC
 LIMIT $8;

-- name: find_coupon_places_of_rule
-- The same among those of one rule.
SELECT created_at, redemption_id, code, wanted, looked
  FROM (
       SELECT redemption.created_at, redemption.redemption_id, upper(redemption.code) AS code,
              row_number() OVER (ORDER BY redemption.created_at DESC, redemption.redemption_id DESC) AS looked,
              $6::text IS NULL OR EXISTS (
                  SELECT FROM coupon
                   WHERE coupon.merchant_id = $1 AND coupon.code = upper(redemption.code) AND coupon.state = $6
              ) AS wanted
         FROM redemption
        WHERE redemption.merchant_id = $1 AND redemption.rule_id = $9
          AND redemption.created_at >= $2 AND redemption.created_at < $3
          AND (redemption.created_at, redemption.redemption_id) < ($4, $5::bigint)
        ORDER BY redemption.created_at DESC, redemption.redemption_id DESC
        LIMIT $7
       ) AS seen
 WHERE wanted OR looked = $7
 ORDER BY created_at DESC, redemption_id DESC
 LIMIT $8;

-- name: find_coupon_places_in_state
-- The same where the state of the redemption, which few are in, tells that of the coupon.
SELECT created_at, redemption_id, code, wanted, looked
  FROM (
       SELECT redemption.created_at, redemption.redemption_id, upper(redemption.code) AS code,
              row_number() OVER (ORDER BY redemption.created_at DESC, redemption.redemption_id DESC) AS looked,
              $6::text IS NULL OR EXISTS (
                  SELECT FROM coupon
                   WHERE coupon.merchant_id = $1 AND coupon.code = upper(redemption.code) AND coupon.state = $6
              ) AS wanted
         FROM redemption
        WHERE redemption.merchant_id = $1 AND redemption.state IN ('asked', 'held', 'cancelled', 'expired')
          AND redemption.state = $9
          AND redemption.created_at >= $2 AND redemption.created_at < $3
          AND (redemption.created_at, redemption.redemption_id) < ($4, $5::bigint)
        ORDER BY redemption.created_at DESC, redemption.redemption_id DESC
        LIMIT $7
       ) AS seen
 WHERE wanted OR looked = $7
 ORDER BY created_at DESC, redemption_id DESC
 LIMIT $8;

-- name: find_coupons_that_end
-- Coupons that nobody has used and whose time is over then, the soonest first, from after a place (end, code) on.
SELECT code, expires_at
  FROM coupon
 WHERE merchant_id = $1 AND state IN ('asked', 'issued')
   AND expires_at >= $2 AND expires_at < $3 AND (expires_at, code) > ($4, $5::text)
 ORDER BY expires_at, code
 LIMIT $6;
