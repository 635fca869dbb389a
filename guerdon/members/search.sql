-- Lists of members.

-- name: find_profiles
-- Members in the order of their last change, the latest first, from before a place (updated, id) on, with every way to
-- find each. Who became another is none; who was erased is found where that is asked for.
SELECT member.member_id, member.status, member.tier_level, member.tags, member.opted_in, member.opted_in_at,
       member.first_name, member.last_name, member.country, member.has_account, member.platform_created_at,
       member.last_seen_at, member.created_at, member.updated_at, member.may_spend, found.kinds, found.texts
  FROM (
       SELECT *
         FROM member
        WHERE merchant_id = $1
          AND ($2::text IS NOT NULL OR status IN ('active', 'suspended'))
          AND ($2::text IS NULL OR status = $2)
          AND ($3::integer IS NULL OR tier_level = $3)
          AND ($4::text IS NULL OR $4 = ANY (tags))
          AND ($5::timestamptz IS NULL OR updated_at >= $5)
          AND ($6::timestamptz IS NULL OR (updated_at, member_id) < ($6, $7::bigint))
        ORDER BY updated_at DESC, member_id DESC
        LIMIT $8
       ) AS member
 CROSS JOIN LATERAL (
       SELECT array_agg(kind ORDER BY kind, merged_from IS NOT NULL, value) AS kinds,
              array_agg(value ORDER BY kind, merged_from IS NOT NULL, value) AS texts
         FROM identity
        WHERE identity.merchant_id = $1 AND identity.member_id = member.member_id
       ) AS found
 ORDER BY member.updated_at DESC, member.member_id DESC;

-- name: find_profiles_in_time
-- The same from the earliest change on, from after a place: whoever changes meanwhile comes again at the end.
SELECT member.member_id, member.status, member.tier_level, member.tags, member.opted_in, member.opted_in_at,
       member.first_name, member.last_name, member.country, member.has_account, member.platform_created_at,
       member.last_seen_at, member.created_at, member.updated_at, member.may_spend, found.kinds, found.texts
  FROM (
       SELECT *
         FROM member
        WHERE merchant_id = $1
          AND ($2::text IS NOT NULL OR status IN ('active', 'suspended'))
          AND ($2::text IS NULL OR status = $2)
          AND ($3::integer IS NULL OR tier_level = $3)
          AND ($4::text IS NULL OR $4 = ANY (tags))
          AND ($5::timestamptz IS NULL OR updated_at >= $5)
          AND ($6::timestamptz IS NULL OR (updated_at, member_id) > ($6, $7::bigint))
        ORDER BY updated_at, member_id
        LIMIT $8
       ) AS member
 CROSS JOIN LATERAL (
       SELECT array_agg(kind ORDER BY kind, merged_from IS NOT NULL, value) AS kinds,
              array_agg(value ORDER BY kind, merged_from IS NOT NULL, value) AS texts
         FROM identity
        WHERE identity.merchant_id = $1 AND identity.member_id = member.member_id
       ) AS found
 ORDER BY member.updated_at, member.member_id;
