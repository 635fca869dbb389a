-- The time of test merchants, which is moved on by hand.

-- name: get_test_time
-- Whether a merchant is live, and its own time where it has one.
SELECT mode = 'live' AS live, test_now FROM merchant WHERE merchant_id = $1;

-- name: move_test_time
-- From the time that it was to a later one; somebody else may have moved it meanwhile.
UPDATE merchant
   SET test_now = $3
 WHERE merchant_id = $1 AND mode = 'test' AND test_now IS NOT DISTINCT FROM $2 AND (test_now IS NULL OR test_now <= $3)
RETURNING true;

-- name: find_moved_merchants
-- Whom the jobs leave alone: a plain read.
SELECT merchant_id FROM merchant WHERE test_now IS NOT NULL ORDER BY merchant_id;
