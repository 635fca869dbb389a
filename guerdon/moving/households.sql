-- Households as they are looked up, never changed.

-- name: get_membership
-- The household that a member belongs to now.
SELECT household_id, member_id, joined_at, left_at, role, own_account_id, followers
  FROM household_member
 WHERE merchant_id = $1 AND member_id = $2 AND left_at IS NULL;

-- name: list_members
-- Who belongs to a household now, whoever joined first first.
SELECT household_id, member_id, joined_at, left_at, role, own_account_id, followers
  FROM household_member
 WHERE merchant_id = $1 AND household_id = $2 AND left_at IS NULL
 ORDER BY joined_at, member_id;

-- name: list_members_of
-- Who belongs to these households now, whoever joined first first.
SELECT household_id, member_id, joined_at, left_at, role, own_account_id, followers
  FROM household_member
 WHERE merchant_id = $1 AND household_id = ANY ($2::bigint[]) AND left_at IS NULL
 ORDER BY joined_at, member_id;

-- name: find_households
-- Households, dissolved or not, newest first, from before a place (created, id) on.
SELECT household_id, account_id, name, created_at, dissolved_at
  FROM household
 WHERE merchant_id = $1
   AND ($2::boolean IS NULL OR $2 = (dissolved_at IS NOT NULL))
   AND ($3::timestamptz IS NULL OR (created_at, household_id) < ($3, $4::bigint))
 ORDER BY created_at DESC, household_id DESC
 LIMIT $5;

-- name: get_household
-- A household, dissolved or not.
SELECT household_id, account_id, name, created_at, dissolved_at
  FROM household
 WHERE merchant_id = $1 AND household_id = $2;
