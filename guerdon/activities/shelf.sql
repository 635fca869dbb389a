-- Activities, marks of sign-ups and proposed adjustments, for a batch of one merchant, under the locks of its accounts.

-- name: load_activities
-- What was reported under these ids before.
SELECT activity_id, member_id, name, state, points_said, title, points, waiting_rules, waiting_versions, evaluation,
       document, actor, occurred_at, created_at, decided_by, decision, decided_at
  FROM activity
 WHERE merchant_id = $1 AND activity_id = ANY ($2::text[]);

-- name: load_marks
-- Which of these have signed up before.
SELECT mark FROM sign_up_mark WHERE merchant_id = $1 AND mark = ANY ($2::text[]);

-- name: load_proposals
-- Adjustments that wait for a second person, or did.
SELECT adjustment_id, member_id, state, change, note, proposer, proposed_at, expires_at, decided_by, decided_at,
       decision, entry
  FROM adjustment
 WHERE merchant_id = $1 AND adjustment_id = ANY ($2::bigint[]);

-- The statements from here on write a batch, together with those of the books: $1 is the merchant, $2 the time, and $3
-- the rows as JSON.

-- name: insert_activities
-- What was reported for the first time.
INSERT INTO activity (
    merchant_id, activity_id, member_id, name, state, points_said, title, points, waiting_rules, waiting_versions,
    evaluation, document, actor, decided_by, decision, decided_at, occurred_at, created_at
)
SELECT $1, new.*
  FROM json_to_recordset($3::json) AS new (
           activity_id text, member_id bigint, name text, state text, points_said bigint, title text, points bigint,
           waiting_rules bigint[], waiting_versions integer[], evaluation jsonb, document jsonb, actor text,
           decided_by text, decision text, decided_at timestamptz, occurred_at timestamptz, created_at timestamptz
       );

-- name: decide_activities
-- What an operator has approved or rejected.
UPDATE activity
   SET state = new.state, points = new.points, evaluation = new.evaluation, decided_by = new.decided_by,
       decision = new.decision, decided_at = new.decided_at
  FROM json_to_recordset($3::json) AS new (
           activity_id text, state text, points bigint, evaluation jsonb, decided_by text, decision text,
           decided_at timestamptz
       )
 WHERE activity.merchant_id = $1 AND activity.activity_id = new.activity_id;

-- name: insert_marks
-- Who has signed up.
INSERT INTO sign_up_mark (merchant_id, mark, recorded_at)
SELECT $1, mark, $2 FROM json_to_recordset($3::json) AS new (mark text);

-- name: insert_proposals
-- Adjustments that wait for a second person.
INSERT INTO adjustment (
    merchant_id, adjustment_id, member_id, state, change, note, proposer, proposed_at, expires_at
)
SELECT $1, new.*
  FROM json_to_recordset($3::json) AS new (
           adjustment_id bigint, member_id bigint, state text, change jsonb, note text, proposer text,
           proposed_at timestamptz, expires_at timestamptz
       );

-- name: decide_proposals
-- What a second person has said, and what was booked for it.
UPDATE adjustment
   SET state = new.state, decided_by = new.decided_by, decided_at = new.decided_at, decision = new.decision,
       entry = new.entry
  FROM json_to_recordset($3::json) AS new (
           adjustment_id bigint, state text, decided_by text, decided_at timestamptz, decision text, entry bigint
       )
 WHERE adjustment.merchant_id = $1 AND adjustment.adjustment_id = new.adjustment_id;
