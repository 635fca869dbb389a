-- The proof of the rewards: redemptions against their coupons and against what counts towards caps. Every statement
-- named find_… answers with (id, sentence), for members with $2 < member_id <= $3 where it takes a range.

-- name: count_members
-- How far there is to go.
SELECT count(DISTINCT member_id) FROM redemption WHERE merchant_id = $1;

-- name: end_chunk
-- The last of the next so many members who redeemed, and how many they are.
SELECT max(member_id) AS member_id, count(*) AS members
  FROM (
       SELECT DISTINCT member_id
         FROM redemption
        WHERE merchant_id = $1 AND member_id > $2
        ORDER BY member_id
        LIMIT $3::integer
       ) AS next;

-- name: list_moves
-- What redemptions say of the entries in which their points last moved. Behind a gift there is none.
SELECT redemption_id, account_id, entry,
       CASE WHEN state IN ('cancelled', 'expired') THEN points - points_back ELSE points END AS points, state
  FROM redemption
 WHERE merchant_id = $1 AND member_id > $2 AND member_id <= $3 AND entry > 0;

-- name: list_returned
-- How many points returns have given back of redemptions that still stand, since the entry that took them.
SELECT redemption_id, account_id, entry, points_back
  FROM redemption
 WHERE merchant_id = $1 AND member_id > $2 AND member_id <= $3 AND state IN ('captured', 'redeemed');

-- name: find_wrong_coupons
-- A redemption has the coupon whose code it says, in a state that fits its own.
SELECT redemption.redemption_id,
       format('it is %s, and its coupon %s is %s', redemption.state, redemption.code, coalesce(coupon.state, 'missing'))
           AS sentence
  FROM redemption
  LEFT JOIN coupon
    ON coupon.merchant_id = $1 AND coupon.code = upper(redemption.code)
   AND coupon.redemption_id = redemption.redemption_id
 WHERE redemption.merchant_id = $1 AND redemption.member_id > $2 AND redemption.member_id <= $3
   AND NOT coalesce(
           CASE redemption.state
               WHEN 'asked' THEN coupon.state = 'asked'
               WHEN 'held' THEN coupon.state = 'issued'
               WHEN 'captured' THEN coupon.state = 'used'
               WHEN 'redeemed' THEN coupon.state IN ('issued', 'used', 'expired')
               WHEN 'cancelled' THEN coupon.state = 'void'
               WHEN 'expired' THEN coupon.state = 'expired'
           END, false
       )
 ORDER BY redemption.redemption_id;

-- name: find_doubled_coupons
-- What was paid for once is worth one coupon, of the whole merchant at once: coupons are not found by redemption.
SELECT redemption_id, format('it has %s coupons: %s', count(*), string_agg(code, ', ' ORDER BY code)) AS sentence
  FROM coupon
 WHERE merchant_id = $1 AND redemption_id IS NOT NULL
 GROUP BY redemption_id
HAVING count(*) > 1
 ORDER BY redemption_id;

-- name: find_wrong_pool_codes
-- A used code of a pool is the coupon of its redemption, and no other: the redemption is of the pool's rule and has it,
-- as uploaded. An unused one is nobody's coupon.
SELECT pool_code.rule_id,
       CASE
           WHEN pool_code.redemption_id IS NULL
           THEN format('its code %s is unused, and the coupon of redemption %s', pool_code.code, coupon.redemption_id)
           ELSE format(
               'its code %s was given to redemption %s, which has %s under rule %s', pool_code.code,
               pool_code.redemption_id, coalesce(redemption.code, 'none'), coalesce(redemption.rule_id::text, 'none')
           )
       END AS sentence
  FROM pool_code
  LEFT JOIN coupon
    ON coupon.merchant_id = $1 AND coupon.code = pool_code.code
  LEFT JOIN redemption
    ON redemption.merchant_id = $1 AND redemption.redemption_id = pool_code.redemption_id
 WHERE pool_code.merchant_id = $1
   AND CASE
           WHEN pool_code.redemption_id IS NULL THEN coupon.redemption_id IS NOT NULL
           ELSE (redemption.code, redemption.rule_id, coupon.redemption_id)
                IS DISTINCT FROM (pool_code.written, pool_code.rule_id, pool_code.redemption_id)
       END
 ORDER BY pool_code.rule_id, pool_code.code;

-- name: find_forgotten_codes
-- A code that is asked of others is one that somebody will ask for.
SELECT redemption.redemption_id, 'its code is asked, and no callback waits for it' AS sentence
  FROM redemption
  LEFT JOIN callback
    ON callback.merchant_id = $1 AND callback.redemption_id = redemption.redemption_id AND callback.kind = 'create'
 WHERE redemption.merchant_id = $1 AND redemption.member_id > $2 AND redemption.member_id <= $3
   AND redemption.state = 'asked' AND callback.state IS DISTINCT FROM 'waiting'
 ORDER BY redemption.redemption_id;

-- name: find_wrong_usage
-- A member has used of a rule what redemptions under it took; gifts and those that came to nothing took nothing.
WITH counted AS (
    SELECT member_id, rule_id, day, count(*) AS redemptions, sum(points) AS points
      FROM redemption
     WHERE merchant_id = $1 AND member_id > $2 AND member_id <= $3 AND state IN ('asked', 'held', 'captured', 'redeemed')
       AND entry > 0
     GROUP BY member_id, rule_id, day
), used AS (
    SELECT member_id, rule_id, day AS last_day, redemptions AS used_redemptions, points AS used_points,
           day_points AS used_day_points
      FROM redemption_usage
     WHERE merchant_id = $1 AND member_id > $2 AND member_id <= $3
)
SELECT member_id,
       format(
           'of rule %s it used %s points in %s redemptions, %s of them on %s; its redemptions take %s in %s, %s then',
           rule_id, used_points, used_redemptions, used_day_points, last_day, coalesce(sum(points), 0),
           coalesce(sum(redemptions), 0), coalesce(sum(points) FILTER (WHERE day = last_day), 0)
       ) AS sentence
  FROM used
  FULL JOIN counted USING (member_id, rule_id)
 GROUP BY member_id, rule_id, last_day, used_redemptions, used_points, used_day_points
HAVING (used_redemptions, used_points, used_day_points) IS DISTINCT FROM (
           coalesce(sum(redemptions), 0), coalesce(sum(points), 0),
           coalesce(sum(points) FILTER (WHERE day = last_day), 0)
       )
    OR max(day) > last_day
 ORDER BY member_id, rule_id;

-- name: find_wrong_stock
-- All members together have used of a limited rule what redemptions under it took.
SELECT redemption_stock.rule_id,
       format(
           'its stock counts %s redemptions of %s in all; there are %s of %s', redemption_stock.redemptions,
           redemption_stock.amount_minor, coalesce(counted.redemptions, 0), coalesce(counted.amount_minor, 0)
       ) AS sentence
  FROM redemption_stock
  LEFT JOIN (
       SELECT rule_id, count(*) AS redemptions, sum(stock_minor) AS amount_minor
         FROM redemption
        WHERE merchant_id = $1 AND state IN ('asked', 'held', 'captured', 'redeemed') AND entry > 0
        GROUP BY rule_id
       ) AS counted
    ON counted.rule_id = redemption_stock.rule_id
 WHERE redemption_stock.merchant_id = $1
   AND (redemption_stock.redemptions, redemption_stock.amount_minor)
       <> (coalesce(counted.redemptions, 0), coalesce(counted.amount_minor, 0))
 ORDER BY redemption_stock.rule_id;
