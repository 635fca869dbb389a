-- Members and their identities.

-- name: find_members
-- Who these identities belong to.
SELECT wanted.kind, wanted.value, identity.member_id
  FROM unnest($2::text[], $3::text[]) AS wanted (kind, value)
  JOIN identity
    ON identity.merchant_id = $1 AND identity.kind = wanted.kind AND identity.value = wanted.value;

-- name: lock_member
-- One change of a profile at a time. Who became another meanwhile is told by the status, what changes by the rest.
SELECT status, tags, opted_in, opted_in_at, first_name, last_name, country, has_account,
       platform_created_at
  FROM member
 WHERE merchant_id = $1 AND member_id = $2
   FOR UPDATE;

-- name: insert_member
-- Somebody new. Who opts in without a date does so now.
INSERT INTO member (
    merchant_id, member_id, status, tier_level, tags, opted_in, opted_in_at, first_name, last_name, country,
    has_account, platform_created_at, last_seen_at, created_at, updated_at, may_spend
)
VALUES (
    $1, $2, 'active', 0, coalesce($3::text[], '{}'), $4::boolean,
    coalesce($5::timestamptz, CASE WHEN $4::boolean THEN $11::timestamptz END), $6::text, $7::text, $8::text,
    coalesce($9::boolean, false), $10::timestamptz, $11::timestamptz, $11::timestamptz, $11::timestamptz,
    true
);

-- name: update_member
-- What the shop said anew; what it left out stays as it was. Who opts in again keeps the first date.
UPDATE member
   SET tags = coalesce($3::text[], tags), opted_in = coalesce($4::boolean, opted_in),
       opted_in_at = coalesce($5::timestamptz, opted_in_at, CASE WHEN $4::boolean THEN $11::timestamptz END),
       first_name = coalesce($6::text, first_name),
       last_name = coalesce($7::text, last_name), country = coalesce($8::text, country),
       has_account = coalesce($9::boolean, has_account),
       platform_created_at = coalesce($10::timestamptz, platform_created_at), last_seen_at = $11::timestamptz,
       updated_at = $11::timestamptz
 WHERE merchant_id = $1 AND member_id = $2;

-- name: set_standing
-- A member's status, set by hand.
UPDATE member
   SET status = $3, updated_at = $4
 WHERE merchant_id = $1 AND member_id = $2;

-- name: replace_identities
-- A kind that the shop names has the value that it names.
DELETE FROM identity WHERE merchant_id = $1 AND member_id = $2 AND kind = ANY ($3::text[]);

-- name: insert_identities
-- How the member will be found.
INSERT INTO identity (merchant_id, kind, value, member_id)
SELECT $1, kind, value, $2 FROM unnest($3::text[], $4::text[]) AS new (kind, value);

-- name: get_member
-- A profile; a merged member's number answers with whom it became.
SELECT member.member_id, member.status, member.tier_level, member.tags, member.opted_in, member.opted_in_at,
       member.first_name, member.last_name, member.country, member.has_account, member.platform_created_at,
       member.last_seen_at, member.created_at, member.updated_at, member.may_spend
  FROM member AS named
  JOIN member
    ON member.merchant_id = $1 AND member.member_id = coalesce(named.merged_into, named.member_id)
 WHERE named.merchant_id = $1 AND named.member_id = $2;

-- name: get_profiles
-- Profiles of members as they are now, with every way to find each, in the order of get_identities. Who became another
-- or was erased has none.
SELECT member.member_id, member.status, member.tier_level, member.tags, member.opted_in, member.opted_in_at,
       member.first_name, member.last_name, member.country, member.has_account, member.platform_created_at,
       member.last_seen_at, member.created_at, member.updated_at, member.may_spend, found.kinds, found.texts
  FROM member
 CROSS JOIN LATERAL (
       SELECT array_agg(kind ORDER BY kind, merged_from IS NOT NULL, value) AS kinds,
              array_agg(value ORDER BY kind, merged_from IS NOT NULL, value) AS texts
         FROM identity
        WHERE identity.merchant_id = $1 AND identity.member_id = member.member_id
       ) AS found
 WHERE member.merchant_id = $1 AND member.member_id = ANY ($2::bigint[])
   AND member.status IN ('active', 'suspended');

-- name: touch_member
-- Something that belongs to the profile changed, and is kept elsewhere.
UPDATE member SET updated_at = greatest(updated_at, $3) WHERE merchant_id = $1 AND member_id = $2;

-- name: get_identities
-- Every way to find a member: of each kind their own first, then those of whoever has become them.
SELECT kind, value
  FROM identity
 WHERE merchant_id = $1 AND member_id = $2
 ORDER BY kind, merged_from IS NOT NULL, value;
