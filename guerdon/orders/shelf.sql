-- Orders as shops report them, and what comes back of them.

-- name: load_orders
-- Orders that were reported before, or are awaited by returns, under the locks of their members' accounts.
SELECT order_id, member_id, status, total_minor, currency, codes, flags, document, placed_at, created_at, updated_at,
       discount_minor, shipping_minor, tax_minor, refunded_minor, rewards_minor, channel, tags, lines, day, cancelled,
       earns, bought, spent_minor, evaluated
  FROM shop_order
 WHERE merchant_id = $1 AND order_id = ANY ($2::text[]);

-- name: lock_places
-- The places of orders that are awaited, in one order for all, in a statement before that which loads their returns.
SELECT order_id, member_id
  FROM shop_order
 WHERE merchant_id = $1 AND order_id = ANY ($2::text[])
 ORDER BY order_id
   FOR UPDATE;

-- name: load_returns
-- Returns under these ids, and all those of the orders that a command is about.
SELECT return_id, order_id, total_minor, currency, items, waiting, problem, created_at, updated_at
  FROM shop_return
 WHERE merchant_id = $1 AND order_id = ANY ($3::text[])
 UNION
SELECT return_id, order_id, total_minor, currency, items, waiting, problem, created_at, updated_at
  FROM shop_return
 WHERE merchant_id = $1 AND return_id = ANY ($2::text[]);

-- name: load_earlier_orders
-- The first orders of members, as many as $3, those that were cancelled apart.
SELECT wanted.member_id, earlier.placed_at, earlier.order_id
  FROM unnest($2::bigint[]) AS wanted (member_id)
 CROSS JOIN LATERAL (
       SELECT placed_at, order_id
         FROM shop_order
        WHERE merchant_id = $1 AND member_id = wanted.member_id AND NOT cancelled
        ORDER BY placed_at, order_id
        LIMIT $3::integer
       ) AS earlier
 ORDER BY wanted.member_id, earlier.placed_at, earlier.order_id;

-- The statements from here to update_returns write a batch, together with the books: $1 is the merchant, $2 the time,
-- and $3 the rows as JSON.

-- name: insert_orders
-- Orders heard of for the first time.
INSERT INTO shop_order (
    merchant_id, order_id, member_id, status, total_minor, currency, codes, flags, document, placed_at, created_at,
    updated_at, discount_minor, shipping_minor, tax_minor, refunded_minor, rewards_minor, channel, tags, lines, day,
    cancelled, earns, bought, spent_minor, evaluated
)
SELECT $1, order_id, member_id, status, total_minor, currency, codes, flags, document::jsonb, placed_at, created_at,
       updated_at, discount_minor, shipping_minor, tax_minor, refunded_minor, rewards_minor, channel, tags, lines, day,
       cancelled, earns, bought, spent_minor, evaluated
  FROM json_to_recordset($3::json) AS new (
           order_id text, member_id bigint, status text, total_minor bigint, currency text, codes text[],
           flags text[], document text, placed_at timestamptz, created_at timestamptz, updated_at timestamptz,
           discount_minor bigint, shipping_minor bigint, tax_minor bigint, refunded_minor bigint,
           rewards_minor bigint, channel text, tags text[], lines jsonb, day date, cancelled boolean, earns boolean,
           bought boolean, spent_minor bigint, evaluated jsonb
       );

-- name: update_orders
-- Orders reported again, with what changed, and orders that were awaited.
UPDATE shop_order
   SET member_id = new.member_id, status = new.status, total_minor = new.total_minor, currency = new.currency,
       codes = new.codes, flags = new.flags, document = new.document::jsonb, placed_at = new.placed_at,
       created_at = new.created_at, updated_at = new.updated_at, discount_minor = new.discount_minor,
       shipping_minor = new.shipping_minor, tax_minor = new.tax_minor, refunded_minor = new.refunded_minor,
       rewards_minor = new.rewards_minor, channel = new.channel, tags = new.tags, lines = new.lines, day = new.day,
       cancelled = new.cancelled, earns = new.earns, bought = new.bought, spent_minor = new.spent_minor,
       evaluated = new.evaluated
  FROM json_to_recordset($3::json) AS new (
           order_id text, member_id bigint, status text, total_minor bigint, currency text, codes text[],
           flags text[], document text, placed_at timestamptz, created_at timestamptz, updated_at timestamptz,
           discount_minor bigint, shipping_minor bigint, tax_minor bigint, refunded_minor bigint,
           rewards_minor bigint, channel text, tags text[], lines jsonb, day date, cancelled boolean, earns boolean,
           bought boolean, spent_minor bigint, evaluated jsonb
       )
 WHERE shop_order.merchant_id = $1 AND shop_order.order_id = new.order_id;

-- name: await_orders
-- Orders that returns have named, and that nobody has reported: they hold the place of the order.
INSERT INTO shop_order (
    merchant_id, order_id, status, total_minor, currency, codes, flags, document, placed_at, created_at, updated_at,
    discount_minor, shipping_minor, tax_minor, refunded_minor, rewards_minor, channel, tags, lines, day, cancelled,
    earns, bought, spent_minor
)
SELECT $1, order_id, '', 0, '', '{}', '{}', '{}', $2, $2, $2, 0, 0, 0, 0, 0, '', '{}', '[]',
       ($2 AT TIME ZONE 'UTC')::date, false, false, false, 0
  FROM json_to_recordset($3::json) AS new (order_id text);

-- name: insert_returns
-- Returns heard of for the first time.
INSERT INTO shop_return (
    merchant_id, return_id, order_id, total_minor, currency, items, waiting, problem, created_at, updated_at
)
SELECT $1, new.*
  FROM json_to_recordset($3::json) AS new (
           return_id text, order_id text, total_minor bigint, currency text, items jsonb, waiting boolean,
           problem text, created_at timestamptz, updated_at timestamptz
       );

-- name: update_returns
-- Returns whose order is there now.
UPDATE shop_return
   SET waiting = new.waiting, problem = new.problem, updated_at = new.updated_at
  FROM json_to_recordset($3::json) AS new (
           return_id text, waiting boolean, problem text, updated_at timestamptz
       )
 WHERE shop_return.merchant_id = $1 AND shop_return.return_id = new.return_id;

-- name: find_member_of_order
-- Whose order it is, if it has been reported.
SELECT member_id FROM shop_order WHERE merchant_id = $1 AND order_id = $2;

-- name: find_orders_waited_for
-- Orders that are there, and have returns that did not see them: only a crash between the two leaves any.
SELECT DISTINCT shop_return.order_id, shop_order.member_id
  FROM shop_return
  JOIN shop_order
    ON shop_order.merchant_id = $1 AND shop_order.order_id = shop_return.order_id
 WHERE shop_return.merchant_id = $1 AND shop_return.waiting AND shop_order.member_id IS NOT NULL
   AND shop_return.order_id > $2
 ORDER BY shop_return.order_id
 LIMIT $3::integer;

-- name: sum_orders
-- What members have bought in each currency, cancelled orders apart.
SELECT member_id, currency, sum(total_minor) AS spent_minor, count(*) AS orders, max(placed_at) AS last_at
  FROM shop_order
 WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[]) AND status <> ALL ($3::text[])
 GROUP BY member_id, currency;
