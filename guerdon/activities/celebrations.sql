-- Birthdays and anniversaries.

-- name: set_celebration
-- A member's day, in the place of the one before.
INSERT INTO celebration (merchant_id, member_id, kind, month, day, year, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT ON CONSTRAINT celebration_is_once_a_year DO UPDATE
   SET month = excluded.month, day = excluded.day, year = excluded.year, updated_at = excluded.updated_at;

-- name: get_celebrations
-- The days of members.
SELECT member_id, month, day, year
  FROM celebration
 WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[]) AND kind = $3;

-- name: remove_celebration
-- A day is forgotten.
DELETE FROM celebration WHERE merchant_id = $1 AND member_id = $2 AND kind = $3;

-- name: list_due
-- Who celebrates on one of these days, by page; not in the first year, from which a day counts, and not the day that
-- somebody had who is another by now: who they became has a day of their own.
SELECT celebration.member_id, celebration.kind
  FROM unnest($2::integer[], $3::integer[]) AS today (month, day)
  JOIN celebration
    ON celebration.merchant_id = $1 AND celebration.month = today.month AND celebration.day = today.day
  JOIN member
    ON member.merchant_id = $1 AND member.member_id = celebration.member_id AND member.merged_into IS NULL
 WHERE celebration.kind = ANY ($4::text[])
   AND (celebration.year IS NULL OR celebration.year < $5::integer)
   AND (celebration.member_id, celebration.kind) > ($6::bigint, $7::text)
 ORDER BY celebration.member_id, celebration.kind
 LIMIT $8;
