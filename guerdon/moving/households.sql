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

-- name: get_household
-- A household, dissolved or not.
SELECT household_id, account_id, name, created_at, dissolved_at
  FROM household
 WHERE merchant_id = $1 AND household_id = $2;
