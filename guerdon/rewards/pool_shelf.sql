-- Codes of pools for a batch. Locked after all accounts and all stock: pools by rule, then codes in the order in which
-- they are handed out. Nobody waits for codes but whoever holds the lock of their pool.

-- name: claim_codes
-- The next unused codes that no other batch has claimed; what this one leaves is free again at its end.
SELECT pool_code.written
  FROM pool_code
 WHERE pool_code.merchant_id = $1 AND pool_code.rule_id = $2 AND pool_code.redemption_id IS NULL
   AND NOT EXISTS (SELECT FROM coupon WHERE coupon.merchant_id = $1 AND coupon.code = pool_code.code)
 ORDER BY pool_code.uploaded_at, pool_code.code
 LIMIT $3::integer
   FOR UPDATE OF pool_code SKIP LOCKED;

-- name: lock_pool
-- One at a time: for pools with a threshold, and for whoever found too few codes.
SELECT told FROM pool WHERE merchant_id = $1 AND rule_id = $2 FOR UPDATE;

-- name: await_codes
-- The same codes under the lock of their pool: waits for what others have claimed, and takes what they leave.
SELECT pool_code.written
  FROM pool_code
 WHERE pool_code.merchant_id = $1 AND pool_code.rule_id = $2 AND pool_code.redemption_id IS NULL
   AND NOT EXISTS (SELECT FROM coupon WHERE coupon.merchant_id = $1 AND coupon.code = pool_code.code)
 ORDER BY pool_code.uploaded_at, pool_code.code
 LIMIT $3::integer
   FOR UPDATE OF pool_code;

-- name: count_unused
-- How many there are, counted no further than a threshold needs.
SELECT count(*)
  FROM (
       SELECT 1
         FROM pool_code
        WHERE merchant_id = $1 AND rule_id = $2 AND redemption_id IS NULL
        ORDER BY uploaded_at, code
        LIMIT $3::integer
       ) AS unused;

-- name: find_taken_codes
-- Codes that some coupon has, or that wait in a pool.
SELECT code FROM coupon WHERE merchant_id = $1 AND code = ANY ($2::text[])
 UNION
SELECT code FROM pool_code WHERE merchant_id = $1 AND code = ANY ($2::text[]);

-- The statements from here on write a batch, together with those of the books: $1 is the merchant, $2 the time, and $3
-- the rows as JSON.

-- name: use_codes
-- Codes that redemptions have from now on.
UPDATE pool_code
   SET redemption_id = new.redemption_id
  FROM json_to_recordset($3::json) AS new (code text, redemption_id bigint)
 WHERE pool_code.merchant_id = $1 AND pool_code.code = new.code;

-- name: note_told
-- The threshold that was told last.
UPDATE pool
   SET told = new.told
  FROM json_to_recordset($3::json) AS new (rule_id bigint, told integer)
 WHERE pool.merchant_id = $1 AND pool.rule_id = new.rule_id;

-- name: save_callbacks
-- What merchants are to be asked for, and what was settled. What is asked for anew begins anew.
INSERT INTO callback (
    merchant_id, redemption_id, kind, rule_id, code, state, given_for, outcome, attempts, next_attempt_at, asked_at,
    updated_at
)
SELECT $1, redemption_id, kind, rule_id, code, state, given_for, outcome, 0, next_attempt_at, $2, $2
  FROM json_to_recordset($3::json) AS new (
           redemption_id bigint, kind text, rule_id bigint, code text, state text, given_for text, outcome text,
           next_attempt_at timestamptz
       )
    ON CONFLICT ON CONSTRAINT callback_is_made_once_of_a_kind DO UPDATE
   SET code = excluded.code, state = excluded.state, outcome = excluded.outcome, updated_at = $2,
       next_attempt_at = excluded.next_attempt_at,
       attempts = CASE WHEN excluded.state = 'waiting' THEN 0 ELSE callback.attempts END;

-- name: drop_codes
-- Codes that stood for others which have come.
DELETE FROM coupon
 USING json_to_recordset($3::json) AS new (code text)
 WHERE coupon.merchant_id = $1 AND coupon.code = new.code;
