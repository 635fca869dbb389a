-- Orders and returns as they are looked up, never changed.

-- name: get_order
-- One order, if it has been reported.
SELECT order_id, member_id, status, total_minor, currency, codes, flags, document, placed_at, created_at, updated_at,
       discount_minor, shipping_minor, tax_minor, refunded_minor, rewards_minor, channel, tags, lines, day, cancelled,
       earns, bought, spent_minor, evaluated
  FROM shop_order
 WHERE merchant_id = $1 AND order_id = $2 AND member_id IS NOT NULL;

-- name: find_orders
-- Orders of anybody, by when they were placed, the last first, from before a place (placed, id) on.
SELECT order_id, member_id, status, total_minor, currency, codes, flags, document, placed_at, created_at, updated_at,
       discount_minor, shipping_minor, tax_minor, refunded_minor, rewards_minor, channel, tags, lines, day, cancelled,
       earns, bought, spent_minor, evaluated
  FROM shop_order
 WHERE merchant_id = $1 AND member_id IS NOT NULL
   AND placed_at >= $2 AND placed_at < $3 AND (placed_at, order_id) < ($4, $5::text)
 ORDER BY placed_at DESC, order_id DESC
 LIMIT $6;

-- name: find_orders_of
-- The same of one member, in one status or in any.
SELECT order_id, member_id, status, total_minor, currency, codes, flags, document, placed_at, created_at, updated_at,
       discount_minor, shipping_minor, tax_minor, refunded_minor, rewards_minor, channel, tags, lines, day, cancelled,
       earns, bought, spent_minor, evaluated
  FROM shop_order
 WHERE merchant_id = $1 AND member_id = $7 AND ($8::text IS NULL OR status = $8)
   AND placed_at >= $2 AND placed_at < $3 AND (placed_at, order_id) < ($4, $5::text)
 ORDER BY placed_at DESC, order_id DESC
 LIMIT $6;

-- name: find_orders_in
-- The same in one status.
SELECT order_id, member_id, status, total_minor, currency, codes, flags, document, placed_at, created_at, updated_at,
       discount_minor, shipping_minor, tax_minor, refunded_minor, rewards_minor, channel, tags, lines, day, cancelled,
       earns, bought, spent_minor, evaluated
  FROM shop_order
 WHERE merchant_id = $1 AND member_id IS NOT NULL AND status = $7
   AND placed_at >= $2 AND placed_at < $3 AND (placed_at, order_id) < ($4, $5::text)
 ORDER BY placed_at DESC, order_id DESC
 LIMIT $6;

-- name: find_coupons_of
-- Which of these codes are coupons of ours, in which state.
SELECT code, state, redemption_id
  FROM coupon
 WHERE merchant_id = $1 AND code = ANY ($2::text[]) AND redemption_id IS NOT NULL;

-- name: get_return
-- One return.
SELECT return_id, order_id, total_minor, currency, items, waiting, problem, created_at, updated_at
  FROM shop_return
 WHERE merchant_id = $1 AND return_id = $2;

-- name: find_returns
-- Returns, newest first, from before a place (created, id) on; those that were taken, or any.
SELECT return_id, order_id, total_minor, currency, items, waiting, problem, created_at, updated_at
  FROM shop_return
 WHERE merchant_id = $1
   AND (NOT $7::boolean OR NOT waiting AND problem IS NULL)
   AND created_at >= $2 AND created_at < $3 AND (created_at, return_id) < ($4, $5::text)
 ORDER BY created_at DESC, return_id DESC
 LIMIT $6;

-- name: find_returns_of
-- The same of one order, in one state or in any.
SELECT return_id, order_id, total_minor, currency, items, waiting, problem, created_at, updated_at
  FROM shop_return
 WHERE merchant_id = $1 AND order_id = $7
   AND ($8::text IS NULL
        OR $8 = CASE WHEN waiting THEN 'waiting' WHEN problem IS NULL THEN 'taken' ELSE 'refused' END)
   AND created_at >= $2 AND created_at < $3 AND (created_at, return_id) < ($4, $5::text)
 ORDER BY created_at DESC, return_id DESC
 LIMIT $6;

-- name: find_waiting_returns
-- The same that wait for their orders.
SELECT return_id, order_id, total_minor, currency, items, waiting, problem, created_at, updated_at
  FROM shop_return
 WHERE merchant_id = $1 AND waiting
   AND created_at >= $2 AND created_at < $3 AND (created_at, return_id) < ($4, $5::text)
 ORDER BY created_at DESC, return_id DESC
 LIMIT $6;

-- name: find_refused_returns
-- The same that count for nothing.
SELECT return_id, order_id, total_minor, currency, items, waiting, problem, created_at, updated_at
  FROM shop_return
 WHERE merchant_id = $1 AND problem IS NOT NULL
   AND created_at >= $2 AND created_at < $3 AND (created_at, return_id) < ($4, $5::text)
 ORDER BY created_at DESC, return_id DESC
 LIMIT $6;
