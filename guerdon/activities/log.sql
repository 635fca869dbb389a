-- What operators look at: activities, and adjustments that wait for a second person.

-- name: get_activity
-- One activity.
SELECT activity_id, member_id, name, state, points_said, title, points, waiting_rules, waiting_versions, evaluation,
       document, actor, occurred_at, created_at, decided_by, decision, decided_at
  FROM activity
 WHERE merchant_id = $1 AND activity_id = $2;

-- name: list_waiting_activities
-- What waits for an operator, the oldest first, by page.
SELECT activity_id, member_id, name, state, points_said, title, points, waiting_rules, waiting_versions, evaluation,
       document, actor, occurred_at, created_at, decided_by, decision, decided_at
  FROM activity
 WHERE merchant_id = $1 AND state = 'waiting' AND (created_at, activity_id) > ($2, $3::text)
 ORDER BY created_at, activity_id
 LIMIT $4;

-- name: list_activities
-- What a member did, newest first, by page.
SELECT activity_id, member_id, name, state, points_said, title, points, waiting_rules, waiting_versions, evaluation,
       document, actor, occurred_at, created_at, decided_by, decision, decided_at
  FROM activity
 WHERE merchant_id = $1 AND member_id = $2 AND (occurred_at, activity_id) < ($3, $4::text)
 ORDER BY occurred_at DESC, activity_id DESC
 LIMIT $5;

-- name: get_proposal
-- One adjustment that waits for a second person, or did.
SELECT adjustment_id, member_id, state, change, note, proposer, proposed_at, expires_at, decided_by, decided_at,
       decision, entry
  FROM adjustment
 WHERE merchant_id = $1 AND adjustment_id = $2;

-- name: list_proposals
-- Adjustments that were proposed, newest first, by page.
SELECT adjustment_id, member_id, state, change, note, proposer, proposed_at, expires_at, decided_by, decided_at,
       decision, entry
  FROM adjustment
 WHERE merchant_id = $1 AND (proposed_at, adjustment_id) < ($2, $3::bigint)
 ORDER BY proposed_at DESC, adjustment_id DESC
 LIMIT $4;
