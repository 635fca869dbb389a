-- Lists of points that changed hands.

-- name: get_movement
-- One movement.
SELECT movement_id, kind, sender_id, receiver_id, sender_account, receiver_account, entry, points, fee_points,
       fee_minor, price_minor, currency, payment, note, rule_version, created_at,
       coalesce(points_back, 0), refunded_at
  FROM movement
 WHERE merchant_id = $1 AND movement_id = $2;

-- name: find_movements
-- Movements of these kinds, newest first, from before a place (created, id) on.
SELECT movement_id, kind, sender_id, receiver_id, sender_account, receiver_account, entry, points, fee_points,
       fee_minor, price_minor, currency, payment, note, rule_version, created_at,
       coalesce(points_back, 0), refunded_at
  FROM movement
 WHERE merchant_id = $1 AND kind = ANY ($2::text[])
   AND ($3::bigint IS NULL OR sender_id = $3 OR receiver_id = $3)
   AND ($4::timestamptz IS NULL OR created_at >= $4)
   AND ($5::timestamptz IS NULL OR created_at < $5)
   AND ($6::timestamptz IS NULL OR (created_at, movement_id) < ($6, $7::bigint))
 ORDER BY created_at DESC, movement_id DESC
 LIMIT $8;
