-- What is swept out of the logs once a member was erased. Each can be run again.

-- name: list_order_ids
-- The orders that a member has placed.
SELECT order_id FROM shop_order WHERE merchant_id = $1 AND member_id = $2;

-- name: scrub_events
-- Events say what happened; whom they name is gone. Referrals tell a friend's address, activities what a client sent.
UPDATE event
   SET payload = payload - ARRAY[
           'email', 'emails', 'phone', 'first_name', 'last_name', 'name', 'friend_email', 'ip_address', 'user_agent',
           'document', 'customer', 'title', 'note'
       ]
 WHERE merchant_id = $1 AND member_id = $2;

-- name: scrub_changes
-- The trail goes on saying that the profile was changed, by whom and when. What it said before and after is gone.
UPDATE audit_entry
   SET before = NULL, after = NULL
 WHERE merchant_id = $1 AND subject_kind = 'member' AND action IN ('member.changed', 'member.identities_changed')
   AND subject_id IN (
           SELECT member.member_id::text
             FROM member
            WHERE member.merchant_id = $1 AND (member.member_id = $2::bigint OR member.merged_into = $2::bigint)
       );

-- name: scrub_deliveries
-- Messages about them, and what was answered: what is not sent yet is not sent any more.
WITH endpoints AS MATERIALIZED (
    SELECT endpoint_id FROM webhook_endpoint WHERE merchant_id = $1 ORDER BY endpoint_id FOR NO KEY UPDATE
), scrubbed AS (
    UPDATE delivery
       SET body = '', settled_at = coalesce(settled_at, $3),
           state = CASE WHEN state = 'waiting' THEN 'given_up' ELSE state END
      FROM endpoints
     WHERE delivery.merchant_id = $1 AND delivery.endpoint_id = endpoints.endpoint_id AND delivery.member_id = $2
    RETURNING delivery.endpoint_id, sequence, part
)
UPDATE delivery_attempt
   SET response = ''
  FROM scrubbed
 WHERE delivery_attempt.merchant_id = $1 AND delivery_attempt.endpoint_id = scrubbed.endpoint_id
   AND delivery_attempt.sequence = scrubbed.sequence AND delivery_attempt.part = scrubbed.part;

-- name: scrub_decisions
-- Refusals that told an address which found nobody, or two.
UPDATE decision
   SET sentence = 'Erased.', facts = decision.facts - 'value'
  FROM unnest($2::text[], $3::text[]) AS known (kind, value)
 WHERE decision.merchant_id = $1 AND decision.facts ->> 'kind' = known.kind AND decision.facts ->> 'value' = known.value;

-- name: forget_answers
-- Stored answers that tell of the person: a repeated request is answered anew, and natural keys still protect it. What
-- tells of the person is a whole string: a card may have a number that is somebody else's points. Every answer that is
-- kept is read once, however many orders the member has: these are compared as JSON has them, up to a quotation mark.
DELETE FROM answer
 WHERE merchant_id = $1
   AND (
       EXISTS (
           SELECT
             FROM (SELECT lower(answer.body) AS said OFFSET 0) AS small
            CROSS JOIN unnest(ARRAY(SELECT lower(to_json(value)::text) FROM unnest($2::text[]) AS known (value)))
               AS named (value)
            WHERE strpos(small.said, named.value) > 0
       )
       OR EXISTS (
           SELECT
             FROM unnest((string_to_array(answer.body, '"order_id":"'))[2:]) AS named (rest)
            WHERE split_part(named.rest, '"', 1) = ANY ($3::text[])
       )
   );
