-- The numbers of events, and the events by their numbers.

-- name: find_unnumbered_merchants
-- Which merchants have events without a number: a plain read; the numbers are given merchant by merchant.
SELECT merchant_id
  FROM merchant
 WHERE EXISTS (SELECT FROM event WHERE event.merchant_id = merchant.merchant_id AND event.sequence IS NULL)
 ORDER BY merchant_id;

-- name: begin_numbering
-- A merchant whose first events these are.
INSERT INTO event_relay (merchant_id, sequence)
VALUES ($1, 0)
    ON CONFLICT ON CONSTRAINT event_relay_is_of_one_merchant DO NOTHING;

-- name: lock_numbering
-- One relay at a time numbers the events of a merchant; the next one starts from what this one has committed.
SELECT sequence FROM event_relay WHERE merchant_id = $1 FOR UPDATE;

-- name: number_events
-- The next events in the order in which they were recorded, under that lock: $2 is the last number given.
WITH next AS MATERIALIZED (
    SELECT event_id, row_number() OVER (ORDER BY recorded_at, event_id) AS place
      FROM event
     WHERE merchant_id = $1 AND sequence IS NULL
     ORDER BY recorded_at, event_id
     LIMIT $3
), numbered AS (
    UPDATE event
       SET sequence = $2::bigint + next.place
      FROM next
     WHERE event.merchant_id = $1 AND event.event_id = next.event_id
 RETURNING event.sequence
)
UPDATE event_relay
   SET sequence = (SELECT max(numbered.sequence) FROM numbered)
 WHERE merchant_id = $1 AND EXISTS (SELECT FROM numbered)
RETURNING sequence;

-- name: list_events
-- What happened after a number, oldest first; of some topics, where any are named.
SELECT sequence, event_id, topic, member_id, payload, recorded_at
  FROM event
 WHERE merchant_id = $1 AND sequence > $2 AND (cardinality($4::text[]) = 0 OR topic = ANY ($4::text[]))
 ORDER BY sequence
 LIMIT $3;

-- name: look_back
-- What happened before a number, newest first, of some topics, of a member, or about something, where these are named;
-- and the last that was looked at.
SELECT sequence, event_id, topic, member_id, payload, recorded_at, wanted, looked
  FROM (
       SELECT sequence, event_id, topic, member_id, payload, recorded_at,
              row_number() OVER (ORDER BY sequence DESC) AS looked,
              (cardinality($3::text[]) = 0 OR topic = ANY ($3::text[])) AND ($4::bigint IS NULL OR member_id = $4)
              AND payload @> $5::jsonb AS wanted
         FROM event
        WHERE merchant_id = $1 AND sequence < $2
        ORDER BY sequence DESC
        LIMIT $6
       ) AS seen
 WHERE wanted OR looked = $6
 ORDER BY sequence DESC
 LIMIT $7;

-- name: list_events_at
-- What was told in the commits of these moments about something, in the order of telling.
SELECT coalesce(told.sequence, 0) AS sequence, told.event_id, told.topic, told.member_id, told.payload, told.recorded_at
  FROM unnest($2::timestamptz[]) AS wanted (at)
 CROSS JOIN LATERAL (
       SELECT sequence, event_id, topic, member_id, payload, recorded_at
         FROM event
        WHERE merchant_id = $1 AND recorded_at = wanted.at AND payload @> $3::jsonb
       ) AS told
 ORDER BY told.recorded_at, told.event_id;

-- name: get_event
-- One of them, with or without a number.
SELECT coalesce(sequence, 0) AS sequence, event_id, topic, member_id, payload, recorded_at
  FROM event
 WHERE merchant_id = $1 AND event_id = $2;

-- name: prune_events
-- Forget those of the first events that are old enough. Numbers are in the order of time but for a moment, so that the
-- rest is not looked at; what has no number yet stays.
WITH first AS MATERIALIZED (
    SELECT event_id, recorded_at
      FROM event
     WHERE merchant_id = $1 AND sequence IS NOT NULL
     ORDER BY sequence
     LIMIT $3
), gone AS (
    DELETE FROM event
     USING first
     WHERE event.merchant_id = $1 AND event.event_id = first.event_id AND first.recorded_at < $2
 RETURNING event.event_id
)
SELECT count(*) FROM gone;

-- name: get_last_sequence
-- The last number given.
SELECT sequence FROM event_relay WHERE merchant_id = $1;
