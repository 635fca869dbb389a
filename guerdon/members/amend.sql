-- Changes of a profile by the member's number.

-- name: amend_member
-- What is said anew, and ($11) what is known no more; the rest stays. Who opts in again keeps the first date.
UPDATE member
   SET tags = coalesce($3::text[], tags), opted_in = coalesce($4::boolean, opted_in),
       opted_in_at = coalesce($5::timestamptz, opted_in_at, CASE WHEN $4::boolean THEN $12::timestamptz END),
       first_name = CASE WHEN 'first_name' = ANY ($11::text[]) THEN NULL ELSE coalesce($6::text, first_name) END,
       last_name = CASE WHEN 'last_name' = ANY ($11::text[]) THEN NULL ELSE coalesce($7::text, last_name) END,
       country = CASE WHEN 'country' = ANY ($11::text[]) THEN NULL ELSE coalesce($8::text, country) END,
       has_account = coalesce($9::boolean, has_account),
       platform_created_at = CASE WHEN 'platform_created_at' = ANY ($11::text[]) THEN NULL
                                  ELSE coalesce($10::timestamptz, platform_created_at) END,
       updated_at = $12::timestamptz
 WHERE merchant_id = $1 AND member_id = $2;

-- name: add_identity
-- One more way to find a member, unless it finds somebody already.
INSERT INTO identity (merchant_id, kind, value, member_id)
VALUES ($1, $2, $3, $4)
    ON CONFLICT ON CONSTRAINT identity_finds_one_member DO NOTHING;

-- name: get_owner_of_identity
-- Whom an identity finds.
SELECT member_id FROM identity WHERE merchant_id = $1 AND kind = $2 AND value = $3;

-- name: remove_identity
-- One way less to find a member.
DELETE FROM identity WHERE merchant_id = $1 AND kind = $2 AND value = $3 AND member_id = $4;
