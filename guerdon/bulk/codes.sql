-- Coupon codes of the old system: coupons without a redemption, so that their key keeps them from being given again.

-- name: find_codes
-- Codes that are here already, but for those of one import: coupons, and what waits in a pool.
SELECT coupon.code
  FROM coupon
  LEFT JOIN imported_code
    ON imported_code.merchant_id = $1 AND imported_code.code = coupon.code
 WHERE coupon.merchant_id = $1 AND coupon.code = ANY ($2::text[]) AND imported_code.batch_id IS DISTINCT FROM $3
 UNION
SELECT code FROM pool_code WHERE merchant_id = $1 AND code = ANY ($2::text[]);

-- name: insert_codes
-- Codes as coupons; the order that used one may not be known.
INSERT INTO coupon (merchant_id, code, redemption_id, state, order_id)
SELECT $1, code, NULL, state, order_id
  FROM unnest($2::text[], $3::text[], $4::text[]) AS new (code, state, order_id);

-- name: insert_imported_codes
-- Whose they were, and when.
INSERT INTO imported_code (merchant_id, code, batch_id, member_id, at)
SELECT $1, new.code, $2, new.member_id, new.at
  FROM unnest($3::text[], $4::bigint[], $5::timestamptz[]) AS new (code, member_id, at)
  JOIN coupon
    ON coupon.merchant_id = $1 AND coupon.code = new.code;

-- name: get_code
-- What is known of a code of the old system.
SELECT coupon.code, coupon.state, coupon.order_id, imported_code.batch_id, imported_code.member_id, imported_code.at
  FROM imported_code
  JOIN coupon
    ON coupon.merchant_id = $1 AND coupon.code = imported_code.code
 WHERE imported_code.merchant_id = $1 AND imported_code.code = $2;

-- name: list_codes
-- The next codes of an import.
SELECT code FROM imported_code WHERE merchant_id = $1 AND batch_id = $2 ORDER BY code LIMIT 5000;

-- name: delete_imported_codes
-- An import is undone.
DELETE FROM imported_code WHERE merchant_id = $1 AND code = ANY ($2::text[]);

-- name: delete_codes
-- Coupons that no redemption gave, and no import any more.
DELETE FROM coupon WHERE merchant_id = $1 AND code = ANY ($2::text[]) AND redemption_id IS NULL;
