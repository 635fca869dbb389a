-- The proof of what was earned: awards against the books, orders against their awards, returns against their orders.
-- Every statement named find_… answers with (id, sentence), for members with $2 < member_id <= $3 where it takes a range.

-- name: count_members
-- How far there is to go.
SELECT count(DISTINCT member_id) FROM award WHERE merchant_id = $1;

-- name: end_chunk
-- The last of the next so many members who were awarded something, and how many they are.
SELECT max(member_id) AS member_id, count(*) AS members
  FROM (
       SELECT DISTINCT member_id
         FROM award
        WHERE merchant_id = $1 AND member_id > $2
        ORDER BY member_id
        LIMIT $3::integer
       ) AS next;

-- name: list_sums
-- What the awards of each subject stand for.
SELECT account_id, subject, sum(points)::bigint AS points
  FROM award
 WHERE merchant_id = $1 AND member_id > $2 AND member_id <= $3
 GROUP BY account_id, subject;

-- name: find_unlike_awards
-- What rules give for an order, less returns, is what its awards stand for, or were forgiven.
SELECT shop_order.order_id,
       format('its rules give %s points, and its awards stand for %s', due.points, coalesce(sum(award.points), 0))
           AS sentence
  FROM shop_order
 CROSS JOIN LATERAL (
       SELECT coalesce(sum((earning ->> 'stand')::bigint), 0) AS points
         FROM jsonb_array_elements(shop_order.evaluated -> 'earnings') AS earning
       ) AS due
  LEFT JOIN award
    ON award.merchant_id = $1 AND award.subject = 'order:' || shop_order.order_id
 WHERE shop_order.merchant_id = $1 AND shop_order.member_id > $2 AND shop_order.member_id <= $3
   AND shop_order.evaluated IS NOT NULL
 GROUP BY shop_order.order_id, due.points
HAVING due.points <> coalesce(sum(award.points - award.forgiven), 0)
 ORDER BY shop_order.order_id;

-- name: find_forgotten_returns
-- A return that has waited since before $2 has no order: a moment passes between the commits of the two.
SELECT shop_return.return_id, format('it waits for order %s, which is there', shop_return.order_id) AS sentence
  FROM shop_return
  JOIN shop_order
    ON shop_order.merchant_id = $1 AND shop_order.order_id = shop_return.order_id
 WHERE shop_return.merchant_id = $1 AND shop_return.waiting AND shop_return.created_at < $2
   AND shop_order.member_id IS NOT NULL
 ORDER BY shop_return.return_id;

-- name: find_needless_places
-- An order that is only awaited has a return that waits for it.
SELECT shop_order.order_id, 'it is awaited, and no return waits for it' AS sentence
  FROM shop_order
  LEFT JOIN shop_return
    ON shop_return.merchant_id = $1 AND shop_return.order_id = shop_order.order_id AND shop_return.waiting
 WHERE shop_order.merchant_id = $1 AND shop_order.member_id IS NULL AND shop_return.return_id IS NULL
 ORDER BY shop_order.order_id;
