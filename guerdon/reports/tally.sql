-- Counts of what changes in place.

-- name: get_tally
-- What was counted last.
SELECT counted_at, took_ms, document FROM tally WHERE merchant_id = $1;

-- name: save_tally
-- What was counted now.
INSERT INTO tally (merchant_id, counted_at, took_ms, document)
VALUES ($1, $2, $3, $4)
    ON CONFLICT ON CONSTRAINT tally_is_of_one_merchant DO UPDATE
   SET counted_at = excluded.counted_at, took_ms = excluded.took_ms, document = excluded.document;

-- name: find_uncounted_merchants
-- Which merchants were never counted, or longest ago for what it takes: a plain read over all merchants.
SELECT merchant.merchant_id
  FROM merchant
  LEFT JOIN tally
    ON tally.merchant_id = merchant.merchant_id
 WHERE tally.merchant_id IS NULL
    OR tally.counted_at < $1::timestamptz - interval '1 day'
    OR tally.took_ms >= $2 AND tally.counted_at < $1 - tally.took_ms * $3 * interval '1 millisecond'
 ORDER BY merchant.merchant_id;

-- name: count_tiers
-- Members by tier and status.
SELECT tier_level, status, count(*) AS members
  FROM member
 WHERE merchant_id = $1
 GROUP BY tier_level, status
 ORDER BY tier_level, status;

-- name: count_joined
-- Members by the day on which they joined, of those who joined from a time on. Members who were merged into others stay
-- in what was counted: they did join.
SELECT (created_at AT TIME ZONE $2)::date AS day, count(*) AS members
  FROM member
 WHERE merchant_id = $1 AND created_at >= $3
 GROUP BY 1
 ORDER BY 1;
