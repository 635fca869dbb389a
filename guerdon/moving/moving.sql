-- What members move and buy, beside the books; and the merchant's rule for it.

-- name: load_rule
-- The last version of the rule.
SELECT version, terms FROM moving_rule WHERE merchant_id = $1 ORDER BY version DESC LIMIT 1;

-- name: load_years
-- What these members have moved and bought, by year, under the locks of their accounts.
SELECT member_id, year, transferred, gifted, bought, bought_for_others, received
  FROM moving_usage
 WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[]);

-- name: load_payments
-- What these payments have bought.
SELECT movement_id, kind, sender_id, receiver_id, sender_account, receiver_account, entry, points, fee_points,
       fee_minor, price_minor, currency, payment, note, rule_version, created_at,
       coalesce(points_back, 0), refunded_at
  FROM movement
 WHERE merchant_id = $1 AND payment = ANY ($2::text[]);

-- name: find_purchases
-- Where these bought points went, and who bought and received them.
SELECT receiver_account, sender_id, receiver_id
  FROM movement
 WHERE merchant_id = $1 AND movement_id = ANY ($2::bigint[]);

-- name: load_purchases
-- These movements, under the locks of the accounts that they concern.
SELECT movement_id, kind, sender_id, receiver_id, sender_account, receiver_account, entry, points, fee_points,
       fee_minor, price_minor, currency, payment, note, rule_version, created_at,
       coalesce(points_back, 0), refunded_at
  FROM movement
 WHERE merchant_id = $1 AND movement_id = ANY ($2::bigint[]);

-- The next three write a batch, together with the books: $1 is the merchant, $2 the time, and $3 the rows as JSON.

-- name: insert_movements
-- Points that changed hands.
INSERT INTO movement (
    merchant_id, movement_id, kind, sender_id, receiver_id, sender_account, receiver_account, entry, points,
    fee_points, fee_minor, price_minor, currency, payment, note, rule_version, created_at
)
SELECT $1, new.*
  FROM json_to_recordset($3::json) AS new (
           movement_id bigint, kind text, sender_id bigint, receiver_id bigint, sender_account bigint,
           receiver_account bigint, entry bigint, points bigint, fee_points bigint, fee_minor bigint,
           price_minor bigint, currency text, payment text, note text, rule_version integer, created_at timestamptz
       );

-- name: refund_movements
-- Bought points whose money was given back.
UPDATE movement
   SET points_back = new.points_back, refunded_at = new.refunded_at
  FROM json_to_recordset($3::json) AS new (movement_id bigint, points_back bigint, refunded_at timestamptz)
 WHERE movement.merchant_id = $1 AND movement.movement_id = new.movement_id;

-- name: save_years
-- How much each member has moved and bought in a year, now.
INSERT INTO moving_usage (merchant_id, member_id, year, transferred, gifted, bought, bought_for_others, received)
SELECT $1, new.*
  FROM json_to_recordset($3::json) AS new (
           member_id bigint, year integer, transferred bigint, gifted bigint, bought bigint, bought_for_others bigint,
           received bigint
       )
    ON CONFLICT ON CONSTRAINT moving_usage_is_counted_by_year DO UPDATE
   SET transferred = excluded.transferred, gifted = excluded.gifted, bought = excluded.bought,
       bought_for_others = excluded.bought_for_others, received = excluded.received;

-- name: insert_rule
-- The next version of the rule; a version that somebody else wrote first is a conflict.
INSERT INTO moving_rule (merchant_id, version, terms, actor, recorded_at)
VALUES ($1, $2, $3, $4, $5);

-- name: list_rule_versions
-- All that the rule ever said, newest first.
SELECT version, terms, actor, recorded_at FROM moving_rule WHERE merchant_id = $1 ORDER BY version DESC;

-- name: list_movements
-- What a member gave, was given and bought, newest first, from before a movement on.
SELECT movement_id, kind, sender_id, receiver_id, sender_account, receiver_account, entry, points, fee_points,
       fee_minor, price_minor, currency, payment, note, rule_version, created_at,
       coalesce(points_back, 0), refunded_at
  FROM movement
 WHERE merchant_id = $1 AND (sender_id = $2 OR receiver_id = $2)
   AND ($3::timestamptz IS NULL OR (created_at, movement_id) < ($3, $4))
 ORDER BY created_at DESC, movement_id DESC
 LIMIT $5;
