-- Lists of activities, and of adjustments that a second person decides.

-- name: find_proposals
-- Proposed adjustments, newest first, from before a place (proposed, id) on. Those that nobody decided by $4, which is
-- now, are expired, and proposed no more.
SELECT adjustment_id, member_id, state, change, note, proposer, proposed_at, expires_at, decided_by, decided_at,
       decision, entry
  FROM adjustment
 WHERE merchant_id = $1
   AND ($2::bigint IS NULL OR member_id = $2)
   AND ($3::text IS NULL
        OR $3 = CASE WHEN state = 'proposed' AND expires_at <= $4::timestamptz THEN 'expired' ELSE state END)
   AND ($5::timestamptz IS NULL OR (proposed_at, adjustment_id) < ($5, $6::bigint))
 ORDER BY proposed_at DESC, adjustment_id DESC
 LIMIT $7;

-- name: count_proposals
-- How many proposed adjustments wait for somebody's decision at $2.
SELECT count(*) FROM adjustment WHERE merchant_id = $1 AND state = 'proposed' AND expires_at > $2::timestamptz;

-- name: find_activities
-- What anybody did, by when it happened, the last first, from before a place (occurred, id) on.
SELECT activity_id, member_id, name, state, points_said, title, points, waiting_rules, waiting_versions, evaluation,
       document, actor, occurred_at, created_at, decided_by, decision, decided_at
  FROM activity
 WHERE merchant_id = $1
   AND ($2::text IS NULL OR name = $2)
   AND ($3::text IS NULL OR state = $3)
   AND ($4::timestamptz IS NULL OR occurred_at >= $4)
   AND ($5::timestamptz IS NULL OR occurred_at < $5)
   AND ($6::timestamptz IS NULL OR (occurred_at, activity_id) < ($6, $7::text))
 ORDER BY occurred_at DESC, activity_id DESC
 LIMIT $8;

-- name: find_activities_of
-- The same of one member.
SELECT activity_id, member_id, name, state, points_said, title, points, waiting_rules, waiting_versions, evaluation,
       document, actor, occurred_at, created_at, decided_by, decision, decided_at
  FROM activity
 WHERE merchant_id = $1 AND member_id = $9
   AND ($2::text IS NULL OR name = $2)
   AND ($3::text IS NULL OR state = $3)
   AND ($4::timestamptz IS NULL OR occurred_at >= $4)
   AND ($5::timestamptz IS NULL OR occurred_at < $5)
   AND ($6::timestamptz IS NULL OR (occurred_at, activity_id) < ($6, $7::text))
 ORDER BY occurred_at DESC, activity_id DESC
 LIMIT $8;
