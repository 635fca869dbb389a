-- Targets and filters, of which subscriptions make endpoints.

-- name: insert_target
-- Where to post, unless there are too many.
INSERT INTO webhook_target (merchant_id, target_id, url, created_at)
SELECT $1, $2, $3, $4
 WHERE (SELECT count(*) FROM webhook_target WHERE merchant_id = $1) < $5
RETURNING target_id;

-- name: insert_filter
-- What to tell of, unless there are too many.
INSERT INTO webhook_filter (merchant_id, filter_id, topics, created_at)
SELECT $1, $2, $3, $4
 WHERE (SELECT count(*) FROM webhook_filter WHERE merchant_id = $1) < $5
RETURNING filter_id;

-- name: find_parts
-- A target and a filter, each if it is there.
SELECT (SELECT url FROM webhook_target WHERE merchant_id = $1 AND target_id = $2) AS url,
       (SELECT topics FROM webhook_filter WHERE merchant_id = $1 AND filter_id = $3) AS topics;
