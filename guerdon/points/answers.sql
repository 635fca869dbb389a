-- What was answered under keys, once nobody asks for it any more.

-- name: prune_answers
-- Forget the oldest answers, so many at most, that were given before $2; what somebody else is forgetting is theirs.
WITH old AS MATERIALIZED (
    SELECT key
      FROM answer
     WHERE merchant_id = $1 AND recorded_at < $2
     ORDER BY recorded_at
     LIMIT $3
       FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM answer
     USING old
     WHERE answer.merchant_id = $1 AND answer.key = old.key
 RETURNING answer.key
)
SELECT count(*) FROM gone;
