-- Deliveries, as whoever looks for one finds them. Lists are looked through as guerdon/kit/looked.py has it: $5 is how
-- many rows are looked at, $6 how many are wanted, $7 patterns of their topics.

-- name: find_deliveries
-- An endpoint's deliveries, newest first, before one of them.
SELECT sequence, part, message_id, topic, member_id, state, attempts,
       CASE WHEN state = 'waiting' THEN next_attempt_at END AS next_attempt_at, made_at, settled_at, body, wanted, looked
  FROM (
       SELECT sequence, part, message_id, topic, member_id, state, attempts, next_attempt_at, made_at, settled_at, body,
              row_number() OVER (ORDER BY sequence DESC, part DESC) AS looked,
              $7::text[] IS NULL OR topic LIKE ANY ($7::text[]) AS wanted
         FROM delivery
        WHERE merchant_id = $1 AND endpoint_id = $2 AND (sequence, part) < ($3::bigint, $4::integer)
        ORDER BY sequence DESC, part DESC
        LIMIT $5
       ) AS seen
 WHERE wanted OR looked = $5
 ORDER BY sequence DESC, part DESC
 LIMIT $6;

-- name: find_delivered
-- The same that were taken, as most are.
SELECT sequence, part, message_id, topic, member_id, state, attempts,
       CASE WHEN state = 'waiting' THEN next_attempt_at END AS next_attempt_at, made_at, settled_at, body, wanted, looked
  FROM (
       SELECT sequence, part, message_id, topic, member_id, state, attempts, next_attempt_at, made_at, settled_at, body,
              row_number() OVER (ORDER BY sequence DESC, part DESC) AS looked,
              $7::text[] IS NULL OR topic LIKE ANY ($7::text[]) AS wanted
         FROM delivery
        WHERE merchant_id = $1 AND endpoint_id = $2 AND (sequence, part) < ($3::bigint, $4::integer)
          AND state = 'delivered'
        ORDER BY sequence DESC, part DESC
        LIMIT $5
       ) AS seen
 WHERE wanted OR looked = $5
 ORDER BY sequence DESC, part DESC
 LIMIT $6;

-- name: find_waiting_deliveries
-- The same that are still to be made.
SELECT sequence, part, message_id, topic, member_id, state, attempts,
       CASE WHEN state = 'waiting' THEN next_attempt_at END AS next_attempt_at, made_at, settled_at, body, wanted, looked
  FROM (
       SELECT sequence, part, message_id, topic, member_id, state, attempts, next_attempt_at, made_at, settled_at, body,
              row_number() OVER (ORDER BY sequence DESC, part DESC) AS looked,
              $7::text[] IS NULL OR topic LIKE ANY ($7::text[]) AS wanted
         FROM delivery
        WHERE merchant_id = $1 AND endpoint_id = $2 AND (sequence, part) < ($3::bigint, $4::integer)
          AND state = 'waiting'
        ORDER BY sequence DESC, part DESC
        LIMIT $5
       ) AS seen
 WHERE wanted OR looked = $5
 ORDER BY sequence DESC, part DESC
 LIMIT $6;

-- name: find_failed_deliveries
-- The same that were given up.
SELECT sequence, part, message_id, topic, member_id, state, attempts,
       CASE WHEN state = 'waiting' THEN next_attempt_at END AS next_attempt_at, made_at, settled_at, body, wanted, looked
  FROM (
       SELECT sequence, part, message_id, topic, member_id, state, attempts, next_attempt_at, made_at, settled_at, body,
              row_number() OVER (ORDER BY sequence DESC, part DESC) AS looked,
              $7::text[] IS NULL OR topic LIKE ANY ($7::text[]) AS wanted
         FROM delivery
        WHERE merchant_id = $1 AND endpoint_id = $2 AND (sequence, part) < ($3::bigint, $4::integer)
          AND state = 'given_up'
        ORDER BY sequence DESC, part DESC
        LIMIT $5
       ) AS seen
 WHERE wanted OR looked = $5
 ORDER BY sequence DESC, part DESC
 LIMIT $6;

-- name: get_delivery
-- One of them.
SELECT sequence, part, message_id, topic, member_id, state, attempts,
       CASE WHEN state = 'waiting' THEN next_attempt_at END AS next_attempt_at, made_at, settled_at, body
  FROM delivery
 WHERE merchant_id = $1 AND endpoint_id = $2 AND sequence = $3 AND part = $4::bigint;
