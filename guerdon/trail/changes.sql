-- Who changed what. Rows are only ever added; of a member who is erased, what they held goes.

-- name: insert_noted
-- Changes, in their own commit. One that is written a second time, by a batch that is tried again, is there already.
INSERT INTO audit_entry (
    merchant_id, at, entry_id, actor, action, subject_kind, subject_id, before, after, address, request_id
)
SELECT $1, $2, entry_id, actor, action, subject_kind, subject_id, before, after, address, request_id
  FROM json_to_recordset($3::json) AS new (
           entry_id uuid, actor text, action text, subject_kind text, subject_id text, before jsonb, after jsonb,
           address text, request_id uuid
       )
    ON CONFLICT ON CONSTRAINT audit_entry_is_known_by_id DO NOTHING;

-- name: list_noted
-- The trail of a span of time, newest first, before the (time, id) of the last page.
SELECT at, entry_id, actor, action, subject_kind, subject_id, before, after, address, request_id
  FROM audit_entry
 WHERE merchant_id = $1 AND at >= $2 AND at < $3 AND (at, entry_id) < ($4, $5::uuid)
 ORDER BY at DESC, entry_id DESC
 LIMIT $6;

-- name: list_noted_of_actor
-- The same of one actor.
SELECT at, entry_id, actor, action, subject_kind, subject_id, before, after, address, request_id
  FROM audit_entry
 WHERE merchant_id = $1 AND at >= $2 AND at < $3 AND (at, entry_id) < ($4, $5::uuid)
   AND actor = $7 AND ($8::text IS NULL OR action = $8)
 ORDER BY at DESC, entry_id DESC
 LIMIT $6;

-- name: list_noted_of_action
-- The same of one action.
SELECT at, entry_id, actor, action, subject_kind, subject_id, before, after, address, request_id
  FROM audit_entry
 WHERE merchant_id = $1 AND at >= $2 AND at < $3 AND (at, entry_id) < ($4, $5::uuid)
   AND action = $7
 ORDER BY at DESC, entry_id DESC
 LIMIT $6;

-- name: list_noted_of_kind
-- The same of all subjects of a kind.
SELECT at, entry_id, actor, action, subject_kind, subject_id, before, after, address, request_id
  FROM audit_entry
 WHERE merchant_id = $1 AND at >= $2 AND at < $3 AND (at, entry_id) < ($4, $5::uuid)
   AND subject_kind = $7 AND ($8::text IS NULL OR action = $8) AND ($9::text IS NULL OR actor = $9)
 ORDER BY at DESC, entry_id DESC
 LIMIT $6;

-- name: list_noted_of_subject
-- The same of one subject.
SELECT at, entry_id, actor, action, subject_kind, subject_id, before, after, address, request_id
  FROM audit_entry
 WHERE merchant_id = $1 AND at >= $2 AND at < $3 AND (at, entry_id) < ($4, $5::uuid)
   AND subject_kind = $7 AND subject_id = $8 AND ($9::text IS NULL OR action = $9) AND ($10::text IS NULL OR actor = $10)
 ORDER BY at DESC, entry_id DESC
 LIMIT $6;

-- name: get_noted
-- One of them.
SELECT at, entry_id, actor, action, subject_kind, subject_id, before, after, address, request_id
  FROM audit_entry
 WHERE merchant_id = $1 AND entry_id = $2;

-- name: name_operators
-- What operators are called.
SELECT operator_id, username FROM operator WHERE operator_id = ANY ($1::bigint[]);

-- name: name_keys
-- What keys are called, with how they end.
SELECT key_id, name, hint FROM api_key WHERE merchant_id = $1 AND key_id = ANY ($2::bigint[]);

-- name: list_merchants_of_operator
-- For whom a person works, and with which role.
SELECT merchant_id, role FROM operator_role WHERE operator_id = $1 ORDER BY merchant_id;
