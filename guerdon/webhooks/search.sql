-- Deliveries, as whoever looks for one finds them.

-- name: find_deliveries
-- An endpoint's deliveries, newest first, before one of them; in one state, or in any.
SELECT sequence, part, message_id, topic, member_id, state, attempts,
       CASE WHEN state = 'waiting' THEN next_attempt_at END AS next_attempt_at, made_at, settled_at, body
  FROM delivery
 WHERE merchant_id = $1 AND endpoint_id = $2 AND (sequence, part) < ($3::bigint, $4::integer)
   AND ($5::text IS NULL OR state = $5)
 ORDER BY sequence DESC, part DESC
 LIMIT $6;

-- name: get_delivery
-- One of them.
SELECT sequence, part, message_id, topic, member_id, state, attempts,
       CASE WHEN state = 'waiting' THEN next_attempt_at END AS next_attempt_at, made_at, settled_at, body
  FROM delivery
 WHERE merchant_id = $1 AND endpoint_id = $2 AND sequence = $3 AND part = $4;
