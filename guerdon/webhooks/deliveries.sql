-- Deliveries of one endpoint, by the worker that has it. Rows are found by `sequence = ANY`, which leads through an index
-- whatever the statistics say.

-- name: find_work
-- Which endpoints have something to do that no other worker is at: events that were not looked at yet, or deliveries that
-- are due. A plain read over all merchants; the work itself names one.
SELECT endpoint.merchant_id, endpoint.endpoint_id
  FROM webhook_endpoint AS endpoint
 WHERE endpoint.state = 'enabled' AND (endpoint.resume_at IS NULL OR endpoint.resume_at <= $1)
   AND (endpoint.worker IS NULL OR endpoint.worker = $2 OR endpoint.leased_until <= $1)
   AND (
       EXISTS (
           SELECT FROM event_relay
            WHERE event_relay.merchant_id = endpoint.merchant_id AND event_relay.sequence > endpoint.sequence
       )
       OR EXISTS (
           SELECT FROM delivery
            WHERE delivery.merchant_id = endpoint.merchant_id AND delivery.endpoint_id = endpoint.endpoint_id
              AND delivery.state = 'waiting' AND delivery.next_attempt_at <= $1
       )
   )
 ORDER BY endpoint.merchant_id, endpoint.endpoint_id;

-- name: take_endpoint
-- The endpoint is this worker's until $5, unless another has it, or it is not to be asked now.
UPDATE webhook_endpoint
   SET worker = $3, leased_until = $5
 WHERE merchant_id = $1 AND endpoint_id = $2 AND state = 'enabled' AND (resume_at IS NULL OR resume_at <= $4)
   AND (worker IS NULL OR worker = $3 OR leased_until <= $4)
RETURNING merchant_id, endpoint_id, name, url, format, topics, ordered, state, reason, failing_since, resume_at,
          sequence, created_at, updated_at, secret, CASE WHEN secret_before_until > $4 THEN secret_before END;

-- name: keep_endpoint
-- The endpoint, locked to save what was done; it stays this worker's for longer, if it still is.
UPDATE webhook_endpoint
   SET leased_until = CASE WHEN worker = $3 THEN $4::timestamptz ELSE leased_until END
 WHERE merchant_id = $1 AND endpoint_id = $2
RETURNING merchant_id, endpoint_id, name, url, format, topics, ordered, state, reason, failing_since, resume_at,
          sequence, created_at, updated_at, coalesce(worker = $3, false) AS ours;

-- name: leave_endpoint
-- Anybody may take it.
UPDATE webhook_endpoint
   SET worker = NULL, leased_until = NULL
 WHERE merchant_id = $1 AND endpoint_id = $2 AND worker = $3;

-- name: list_due
-- What is due, in the order of the events. Where a member's come in order, none that comes after one that is not due.
SELECT sequence, part, message_id, topic, member_id, body, ordered, attempts, tries
  FROM delivery
 WHERE merchant_id = $1 AND endpoint_id = $2 AND state = 'waiting' AND next_attempt_at <= $3
   AND NOT (
       ordered
       AND EXISTS (
           SELECT FROM delivery AS earlier
            WHERE earlier.merchant_id = $1 AND earlier.endpoint_id = $2 AND earlier.member_id = delivery.member_id
              AND (earlier.sequence, earlier.part) < (delivery.sequence, delivery.part)
              AND earlier.state = 'waiting' AND earlier.ordered AND earlier.next_attempt_at > $3
       )
   )
 ORDER BY sequence, part
 LIMIT $4;

-- name: insert_deliveries
-- What new events say, due at once. Those that were made before stay as they are.
INSERT INTO delivery (
    merchant_id, endpoint_id, sequence, part, message_id, topic, member_id, body, ordered, state, attempts, tries,
    next_attempt_at, made_at
)
SELECT $1, $2, new.sequence, new.part, new.message_id, new.topic, new.member_id, new.body, new.ordered, 'waiting', 0, 0,
       $3, $3
  FROM unnest($4::bigint[], $5::integer[], $6::text[], $7::text[], $8::bigint[], $9::text[], $10::boolean[])
       AS new (sequence, part, message_id, topic, member_id, body, ordered)
    ON CONFLICT ON CONSTRAINT delivery_is_made_once DO NOTHING;

-- name: move_cursor
-- So far its events have been looked at, by the worker that still has it.
UPDATE webhook_endpoint
   SET sequence = $4
 WHERE merchant_id = $1 AND endpoint_id = $2 AND sequence = $3 AND worker = $5;

-- name: insert_attempts
-- How attempts went.
INSERT INTO delivery_attempt (merchant_id, endpoint_id, sequence, part, number, status, reason, response, took_ms, at)
SELECT $1, $2, sequence, part, number, status, reason, response, took_ms, at
  FROM json_to_recordset($3::json) AS new (
           sequence bigint, part integer, number integer, status integer, reason text, response text,
           took_ms integer, at timestamptz
       )
    ON CONFLICT ON CONSTRAINT delivery_attempt_is_numbered DO NOTHING;

-- name: save_delivered
-- Messages that were taken: of these events, that part.
UPDATE delivery
   SET state = 'delivered', attempts = attempts + 1, tries = tries + 1, settled_at = $3
 WHERE merchant_id = $1 AND endpoint_id = $2 AND sequence = ANY ($4::bigint[]) AND part = $5 AND settled_at IS NULL;

-- name: save_undelivered
-- Messages that were not: when they are tried again, if they are.
UPDATE delivery
   SET state = came.state, next_attempt_at = coalesce(came.next_attempt_at, delivery.next_attempt_at),
       attempts = delivery.attempts + 1, tries = delivery.tries + 1,
       settled_at = CASE WHEN came.state <> 'waiting' THEN $3::timestamptz END
  FROM json_to_recordset($5::json) AS came (
           sequence bigint, part integer, state text, next_attempt_at timestamptz
       )
 WHERE delivery.merchant_id = $1 AND delivery.endpoint_id = $2 AND delivery.sequence = ANY ($4::bigint[])
   AND delivery.sequence = came.sequence AND delivery.part = came.part AND delivery.settled_at IS NULL;

-- name: save_health
-- How the endpoint does.
UPDATE webhook_endpoint SET failing_since = $3, resume_at = $4 WHERE merchant_id = $1 AND endpoint_id = $2;

-- name: replay_deliveries
-- Settled deliveries of a range of events are to be made again, and those that wait for a later attempt are due now; of
-- those that tell of somebody who was erased nothing is left to send.
UPDATE delivery
   SET state = 'waiting', tries = 0, next_attempt_at = $5, settled_at = NULL
 WHERE merchant_id = $1 AND endpoint_id = $2 AND sequence BETWEEN $3 AND $4 AND body <> ''
   AND (state = 'given_up' OR NOT $6::boolean) AND (state <> 'waiting' OR next_attempt_at > $5);

-- name: list_deliveries
-- The newest first, before one of them; in one state, or in any.
SELECT sequence, part, message_id, topic, member_id, state, attempts,
       CASE WHEN state = 'waiting' THEN next_attempt_at END AS next_attempt_at, made_at, settled_at, body
  FROM delivery
 WHERE merchant_id = $1 AND endpoint_id = $2 AND sequence < $3 AND ($4::text IS NULL OR state = $4)
 ORDER BY sequence DESC, part DESC
 LIMIT $5;

-- name: list_attempts
-- How the attempts of one event's deliveries went.
SELECT part, number, status, reason, response, took_ms, at
  FROM delivery_attempt
 WHERE merchant_id = $1 AND endpoint_id = $2 AND sequence = $3
 ORDER BY part, number;

-- name: count_deliveries
-- How many of an endpoint's deliveries are in each state, of each as far as so many ($3) are counted, where that is said.
SELECT (
           SELECT count(*)
             FROM (
                  SELECT
                    FROM delivery
                   WHERE merchant_id = $1 AND endpoint_id = $2 AND state = 'waiting'
                   ORDER BY sequence DESC, part DESC
                   LIMIT $3
                  ) AS found
       ) AS waiting,
       (
           SELECT count(*)
             FROM (
                  SELECT
                    FROM delivery
                   WHERE merchant_id = $1 AND endpoint_id = $2 AND state = 'delivered'
                   ORDER BY sequence DESC, part DESC
                   LIMIT $3
                  ) AS found
       ) AS delivered,
       (
           SELECT count(*)
             FROM (
                  SELECT
                    FROM delivery
                   WHERE merchant_id = $1 AND endpoint_id = $2 AND state = 'given_up'
                   ORDER BY sequence DESC, part DESC
                   LIMIT $3
                  ) AS found
       ) AS given_up;

-- name: find_forgettable
-- Deliveries of a merchant that were settled long ago, after a mark; locked, so that nobody asks for them again.
SELECT endpoint_id, sequence, part
  FROM delivery
 WHERE merchant_id = $1 AND settled_at < $2 AND (endpoint_id, sequence, part) > ($3::bigint, $4::bigint, $5::integer)
 ORDER BY endpoint_id, sequence, part
 LIMIT $6
   FOR UPDATE SKIP LOCKED;

-- name: forget_attempts
-- Their attempts.
DELETE FROM delivery_attempt
 USING unnest($2::bigint[], $3::bigint[], $4::integer[]) AS old (endpoint_id, sequence, part)
 WHERE delivery_attempt.merchant_id = $1 AND delivery_attempt.endpoint_id = old.endpoint_id
   AND delivery_attempt.sequence = old.sequence AND delivery_attempt.part = old.part;

-- name: forget_deliveries
-- And they themselves.
DELETE FROM delivery
 USING unnest($2::bigint[], $3::bigint[], $4::integer[]) AS old (endpoint_id, sequence, part)
 WHERE delivery.merchant_id = $1 AND delivery.endpoint_id = old.endpoint_id AND delivery.sequence = old.sequence
   AND delivery.part = old.part;
