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

-- name: scrub_decisions
-- Refusals that told an address which found nobody, or two.
UPDATE decision
   SET sentence = 'Erased.', facts = decision.facts - 'value'
  FROM unnest($2::text[], $3::text[]) AS known (kind, value)
 WHERE decision.merchant_id = $1 AND decision.facts ->> 'kind' = known.kind AND decision.facts ->> 'value' = known.value;

-- name: forget_answers
-- Stored answers that tell of the person: a repeated request is answered anew, and natural keys still protect it.
DELETE FROM answer
 WHERE merchant_id = $1
   AND (
       EXISTS (SELECT FROM unnest($2::text[]) AS known (value) WHERE strpos(lower(answer.body), lower(value)) > 0)
       OR EXISTS (
           SELECT FROM unnest($3::text[]) AS named (order_id)
            WHERE strpos(answer.body, '"order_id":' || to_json(named.order_id)::text) > 0
       )
   );
