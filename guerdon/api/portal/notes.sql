-- What a portal said of an earning rule that the engine has no use for.

-- name: keep_note
-- What is said now, in the place of what was.
INSERT INTO issuance_note (merchant_id, rule_id, document)
VALUES ($1, $2, $3)
    ON CONFLICT ON CONSTRAINT issuance_note_is_known_by_rule DO UPDATE SET document = excluded.document;

-- name: get_notes
-- What was said of these rules, or of all where none are named.
SELECT rule_id, document
  FROM issuance_note
 WHERE merchant_id = $1 AND ($2::bigint[] IS NULL OR rule_id = ANY ($2::bigint[]));
