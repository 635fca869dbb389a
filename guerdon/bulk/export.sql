-- What an export reads beside the books, in one snapshot, through a cursor. Rows come as they are imported again.

-- name: export_members
-- Everybody who can be found.
SELECT member.member_id, found.identities, member.first_name, member.last_name, member.country, member.tags,
       member.status, member.tier_level, member.opted_in, member.opted_in_at, member.has_account,
       member.platform_created_at AS joined_at, member.birth_year, member.birth_month, member.birth_day
  FROM member
 CROSS JOIN LATERAL (
       SELECT jsonb_object_agg(kind, several) AS identities
         FROM (
              SELECT kind, jsonb_agg(value ORDER BY value) AS several
                FROM identity
               WHERE identity.merchant_id = $1 AND identity.member_id = member.member_id
               GROUP BY kind
              ) AS by_kind
       ) AS found
 WHERE member.merchant_id = $1 AND found.identities IS NOT NULL
 ORDER BY member.updated_at, member.member_id;

-- name: find_names
-- One way to find each of these members: what a row of points is known by.
SELECT DISTINCT ON (member_id) member_id, kind, value
  FROM identity
 WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
 ORDER BY member_id, array_position(ARRAY['email', 'phone', 'external_id', 'pos_account_id', 'card'], kind), value;

-- name: export_redemptions
-- Every use of a rule.
SELECT redemption_id, member_id, rule_id, rule_version, state, points, value_minor, currency, code, channel,
       expires_at, created_at, updated_at
  FROM redemption
 WHERE merchant_id = $1
 ORDER BY created_at, redemption_id;

-- name: export_codes
-- Every coupon, those of the old system too.
SELECT coupon.code, coupon.state, coalesce(imported_code.member_id, redemption.member_id) AS member_id,
       coupon.order_id, coalesce(imported_code.at, redemption.created_at) AS at
  FROM coupon
  LEFT JOIN redemption
    ON redemption.merchant_id = $1 AND redemption.redemption_id = coupon.redemption_id
  LEFT JOIN imported_code
    ON imported_code.merchant_id = $1 AND imported_code.code = coupon.code
 WHERE coupon.merchant_id = $1
 ORDER BY coupon.code;

-- name: export_orders
-- Orders as they were last reported.
SELECT order_id, member_id, status, total_minor, currency, codes, flags, placed_at, created_at, updated_at
  FROM shop_order
 WHERE merchant_id = $1
 ORDER BY placed_at, order_id;
