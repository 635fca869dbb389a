-- Changes of the expiry of points that are there already.

-- name: find_open_change
-- The change that is under way.
SELECT change_id, before, after, started_at, reached, lots, points
  FROM expiry_change
 WHERE merchant_id = $1 AND finished_at IS NULL;

-- name: insert_change
-- A change begins.
INSERT INTO expiry_change (merchant_id, change_id, before, after, reached, lots, points, actor, started_at)
VALUES ($1, $2, $3, $4, 0, 0, 0, $5, $6);

-- name: advance_change
-- How far it has come; with a time, it is done.
UPDATE expiry_change
   SET reached = $3, lots = $4, points = $5, finished_at = $6
 WHERE merchant_id = $1 AND change_id = $2;
