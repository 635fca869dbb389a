-- What people look for again and again.

-- name: list_saved_filters
-- Those of an operator for one page, by their names.
SELECT name, query
  FROM saved_filter
 WHERE merchant_id = $1 AND operator_id = $2 AND page = $3
 ORDER BY name;

-- name: count_saved_filters
-- How many an operator has for a page, beside the one of this name.
SELECT count(*) FROM saved_filter WHERE merchant_id = $1 AND operator_id = $2 AND page = $3 AND name <> $4;

-- name: save_filter
-- One under a name, or instead of the one that had it.
INSERT INTO saved_filter (merchant_id, operator_id, page, name, query, saved_at)
VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT ON CONSTRAINT saved_filter_has_its_own_name DO UPDATE
   SET query = excluded.query, saved_at = excluded.saved_at;

-- name: forget_filter
-- One by its name.
DELETE FROM saved_filter WHERE merchant_id = $1 AND operator_id = $2 AND page = $3 AND name = $4;
