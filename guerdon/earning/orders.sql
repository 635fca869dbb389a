-- Orders as shops report them.

-- name: load_orders
-- Orders that were reported before, under the locks of their members' accounts.
SELECT order_id, member_id, status, total_minor, currency, codes, flags, document, placed_at, created_at, updated_at
  FROM shop_order
 WHERE merchant_id = $1 AND order_id = ANY ($2::text[]);

-- The next two write a batch, together with the books: $1 is the merchant, $2 the time, and $3 the rows as JSON.

-- name: insert_orders
-- Orders heard of for the first time.
INSERT INTO shop_order (
    merchant_id, order_id, member_id, status, total_minor, currency, codes, flags, document, placed_at, created_at,
    updated_at
)
SELECT $1, order_id, member_id, status, total_minor, currency, codes, flags, document::jsonb, placed_at, created_at,
       updated_at
  FROM json_to_recordset($3::json) AS new (
           order_id text, member_id bigint, status text, total_minor bigint, currency text, codes text[],
           flags text[], document text, placed_at timestamptz, created_at timestamptz, updated_at timestamptz
       );

-- name: update_orders
-- Orders reported again, with what changed.
UPDATE shop_order
   SET status = new.status, total_minor = new.total_minor, currency = new.currency, codes = new.codes,
       flags = new.flags, document = new.document::jsonb, placed_at = new.placed_at, updated_at = new.updated_at
  FROM json_to_recordset($3::json) AS new (
           order_id text, status text, total_minor bigint, currency text, codes text[], flags text[], document text,
           placed_at timestamptz, updated_at timestamptz
       )
 WHERE shop_order.merchant_id = $1 AND shop_order.order_id = new.order_id;

-- name: sum_orders
-- What a member has bought in each currency, cancelled orders apart.
SELECT currency, sum(total_minor) AS spent_minor, count(*) AS orders, max(placed_at) AS last_at
  FROM shop_order
 WHERE merchant_id = $1 AND member_id = $2 AND status <> ALL ($3::text[])
 GROUP BY currency;
