-- A merchant's members with all that is theirs, many times. Names in braces are put in by multiply.py.

-- name: make_room
-- Where the first of all are kept meanwhile, to be copied from.
CREATE SCHEMA bench_first;

-- name: keep_first
-- The rows that are copied.
CREATE UNLOGGED TABLE bench_first.{table} AS SELECT * FROM {table} WHERE merchant_id = $1;

-- name: clear_room
-- They are not needed any more.
DROP SCHEMA IF EXISTS bench_first CASCADE;

-- name: list_columns
-- The columns of a table that are written.
SELECT column_name, data_type
  FROM information_schema.columns
 WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER'
 ORDER BY ordinal_position;

-- name: trust_copies
-- Leave out the checks of references, where whoever asks may do so.
SELECT set_config('session_replication_role', 'replica', true) FROM pg_roles WHERE rolname = current_user AND rolsuper;

-- name: name_copies
-- Members with $2 < member_id <= $3 are found by the words of their names.
INSERT INTO member_word (merchant_id, word, member_id, words)
SELECT merchant_id, unnest(words) AS word, member_id, array_to_string(words, ' ')
  FROM (
       SELECT merchant_id, member_id,
              ARRAY(
                  SELECT DISTINCT lower(word) COLLATE "C" FROM unnest(ARRAY[first_name, last_name]) AS word ORDER BY 1
              ) AS words
         FROM member
        WHERE merchant_id = $1 AND member_id > $2 AND member_id <= $3 AND first_name IS NOT NULL
       ) AS named
 ORDER BY word;

-- name: go_on_numbering
-- Who comes next has a number of their own.
SELECT setval($1::text::regclass, greatest($2, nextval($1::text::regclass)));

-- name: insert_deliveries
-- The latest events, at most so many, have been delivered to each endpoint, but for every hundredth, which was given up;
-- the endpoint has seen them all.
WITH seen AS (
    UPDATE webhook_endpoint
       SET sequence = event_relay.sequence
      FROM event_relay
     WHERE webhook_endpoint.merchant_id = $1 AND event_relay.merchant_id = $1
 RETURNING webhook_endpoint.endpoint_id, webhook_endpoint.sequence
), made AS (
    INSERT INTO delivery (
        merchant_id, endpoint_id, sequence, part, message_id, topic, member_id, body, ordered, state, attempts, tries,
        next_attempt_at, made_at, settled_at
    )
    SELECT $1, seen.endpoint_id, event.sequence, 0, 'msg_' || event.event_id, event.topic, event.member_id,
           event.payload::text, false, CASE WHEN event.sequence % 100 = 0 THEN 'given_up' ELSE 'delivered' END, 1, 1,
           event.recorded_at, event.recorded_at, $3
      FROM seen
      JOIN event
        ON event.merchant_id = $1 AND event.sequence > seen.sequence - $2::bigint
        ON CONFLICT ON CONSTRAINT delivery_is_made_once DO NOTHING
 RETURNING endpoint_id, sequence, part, state, made_at
)
INSERT INTO delivery_attempt (merchant_id, endpoint_id, sequence, part, number, status, reason, response, took_ms, at)
SELECT $1, endpoint_id, sequence, part, 1, CASE state WHEN 'given_up' THEN 500 ELSE 204 END, NULL, '', 12, made_at
  FROM made;

-- name: insert_requests
-- So many requests that clients made, from a time on and so far apart, of which every fiftieth was refused.
INSERT INTO api_request (
    merchant_id, at, request_id, method, path, status, duration_us, caller, user_agent, error_code, error, query,
    request, response
)
SELECT $1, $2::timestamptz + number * $3::interval, gen_random_uuid(), 'POST', '/api/v2/redemptions',
       CASE WHEN refused THEN 422 ELSE 201 END, 2000 + number % 9000, 'key:1', 'bench/1',
       CASE WHEN refused THEN 'not_enough_points' END,
       CASE WHEN refused THEN '5 points short: this takes 350, and 345 are available.' END, NULL,
       '{"customer_email": "…"}', '{"id": 1}'
  FROM generate_series(1, $4::integer) AS number
 CROSS JOIN LATERAL (SELECT number % 50 = 0 AS refused) AS outcome;

-- name: count_copies
-- What all members together have used of rules, so many times over.
UPDATE redemption_stock
   SET redemptions = redemptions * $2::bigint, amount_minor = amount_minor * $2::bigint
 WHERE merchant_id = $1;

-- name: clean_tables
-- As a database that has lived for a while, which its own cleaner has gone through.
VACUUM (ANALYZE);
