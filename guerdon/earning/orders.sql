-- Orders as shops report them.

-- name: load_orders
-- Orders that were reported before, under the locks of their members' accounts.
SELECT order_id, member_id, status, total_minor, currency, codes, flags, document, placed_at, created_at, updated_at
  FROM shop_order
 WHERE merchant_id = $1 AND order_id = ANY ($2::text[]);

-- The next two write a batch, together with the books: $1 is the merchant and $2 the time.

-- name: insert_orders
-- Orders heard of for the first time.
INSERT INTO shop_order (
    merchant_id, order_id, member_id, status, total_minor, currency, codes, flags, document, placed_at, created_at,
    updated_at
)
SELECT $1, order_id, member_id, status, total_minor, currency, codes::text[], flags::text[], document::jsonb,
       placed_at, created_at, updated_at
  FROM unnest(
           $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::text[], $8::text[], $9::text[], $10::text[],
           $11::timestamptz[], $12::timestamptz[], $13::timestamptz[]
       ) AS new (
           order_id, member_id, status, total_minor, currency, codes, flags, document, placed_at, created_at,
           updated_at
       );

-- name: update_orders
-- Orders reported again, with what changed.
UPDATE shop_order
   SET status = new.status, total_minor = new.total_minor, currency = new.currency, codes = new.codes::text[],
       flags = new.flags::text[], document = new.document::jsonb, updated_at = new.updated_at
  FROM unnest(
           $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[], $10::timestamptz[]
       ) AS new (order_id, status, total_minor, currency, codes, flags, document, updated_at)
 WHERE shop_order.merchant_id = $1 AND shop_order.order_id = new.order_id;

-- name: sum_orders
-- What a member has bought in each currency, cancelled orders apart.
SELECT currency, sum(total_minor) AS spent_minor, count(*) AS orders, max(placed_at) AS last_at
  FROM shop_order
 WHERE merchant_id = $1 AND member_id = $2 AND status <> ALL ($3::text[])
 GROUP BY currency;
