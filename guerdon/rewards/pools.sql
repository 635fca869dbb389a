-- Pools of uploaded codes, filled and looked at.

-- name: lock_filling
-- Nobody takes the codes of a pool with a threshold while its level is worked out anew.
SELECT rule_id FROM pool WHERE merchant_id = $1 AND rule_id = $2 FOR UPDATE;

-- name: count_known
-- How many of these codes were uploaded for the rule before.
SELECT count(*) FROM pool_code WHERE merchant_id = $1 AND rule_id = $2 AND code = ANY ($3::text[]);

-- name: insert_uploaded
-- New codes, apart from those that a coupon or a pool has.
INSERT INTO pool_code (merchant_id, code, rule_id, written, redemption_id, uploaded_at)
SELECT $1, new.code, $2, new.written, NULL, $5
  FROM unnest($3::text[], $4::text[]) AS new (code, written)
 WHERE NOT EXISTS (SELECT FROM coupon WHERE coupon.merchant_id = $1 AND coupon.code = new.code)
    ON CONFLICT ON CONSTRAINT pool_code_is_uploaded_once DO NOTHING;

-- name: set_told
-- The pool is filled up: lower levels are told anew.
UPDATE pool SET told = $3 WHERE merchant_id = $1 AND rule_id = $2;

-- name: get_level
-- How many codes a pool has left, and how many it has given.
SELECT count(*) FILTER (WHERE redemption_id IS NULL) AS unused, count(redemption_id) AS used
  FROM pool_code
 WHERE merchant_id = $1 AND rule_id = $2;

-- name: list_codes
-- The codes of a pool in the order in which they are handed out, after one of them.
SELECT written, redemption_id, uploaded_at
  FROM pool_code
 WHERE merchant_id = $1 AND rule_id = $2
   AND ($3::timestamptz IS NULL OR (uploaded_at, code) > ($3, $4::text))
 ORDER BY uploaded_at, code
 LIMIT $5;
