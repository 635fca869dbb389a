-- Refusals that were recorded, as they are looked up.

-- name: get_decision
-- One decision.
SELECT decision_id, command, code, sentence, facts, actor, recorded_at, member_id
  FROM decision
 WHERE merchant_id = $1 AND decision_id = $2;

-- name: find_decisions
-- Decisions, newest first, from before a place (recorded, id) on.
SELECT decision_id, command, code, sentence, facts, actor, recorded_at, member_id
  FROM decision
 WHERE merchant_id = $1
   AND recorded_at >= $2 AND recorded_at < $3 AND (recorded_at, decision_id) < ($4, $5::uuid)
 ORDER BY recorded_at DESC, decision_id DESC
 LIMIT $6;

-- name: find_decisions_of
-- The same of one code.
SELECT decision_id, command, code, sentence, facts, actor, recorded_at, member_id
  FROM decision
 WHERE merchant_id = $1 AND code = $7
   AND recorded_at >= $2 AND recorded_at < $3 AND (recorded_at, decision_id) < ($4, $5::uuid)
 ORDER BY recorded_at DESC, decision_id DESC
 LIMIT $6;
