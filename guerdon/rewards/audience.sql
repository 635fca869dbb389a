-- For whom a rule is.

-- name: measure_members
-- How many members there are, if there are no more than that, and where their ids begin and end.
SELECT count(*) AS members, min(member_id) AS first, max(member_id) AS last
  FROM (SELECT member_id FROM member WHERE merchant_id = $1 ORDER BY member_id LIMIT $2) AS beginning;

-- name: last_member
-- Where the ids of members end.
SELECT member_id FROM member WHERE merchant_id = $1 ORDER BY member_id DESC LIMIT 1;

-- name: look_at_members
-- From each of these places on, the members whose ids are less than $3 further, at most $4: how many, up to which, and
-- those among them that the rule is for, by their state and consent, tier $6 (alone, if $7) and tags.
SELECT place.first, count(*) AS seen, max(near.member_id) AS last,
       count(*) FILTER (WHERE near.status = 'active') AS active,
       coalesce(array_agg(near.member_id) FILTER (
           WHERE near.status = 'active'
             AND near.may_spend
             AND coalesce(near.opted_in, $5::boolean)
             AND ($6::integer = 0 OR near.tier_level = $6 OR (near.tier_level > $6 AND NOT $7::boolean))
             AND (cardinality($8::text[]) = 0 OR near.tags && $8)
       ), '{}') AS eligible
  FROM unnest($2::bigint[]) AS place (first)
 CROSS JOIN LATERAL (
       SELECT member_id, status, opted_in, may_spend, tier_level, tags
         FROM member
        WHERE merchant_id = $1 AND member_id >= place.first AND member_id < place.first + $3::bigint
        ORDER BY member_id
        LIMIT $4
       ) AS near
 GROUP BY place.first;

-- name: count_open
-- Redemptions of a rule that are still to come to something, by the version that they keep.
SELECT rule_version, count(*) AS redemptions
  FROM redemption
 WHERE merchant_id = $1 AND rule_id = $2 AND state IN ('asked', 'held')
 GROUP BY rule_version;

-- name: count_uses
-- How often each of these rules was redeemed since a time.
SELECT rule_id, count(*) AS redemptions
  FROM redemption
 WHERE merchant_id = $1 AND rule_id = ANY ($2::bigint[]) AND created_at >= $3
 GROUP BY rule_id;

-- name: count_stock
-- What counts towards a limit that a rule does not have yet.
SELECT count(*) AS redemptions, coalesce(sum(stock_minor), 0)::bigint AS amount_minor
  FROM redemption
 WHERE merchant_id = $1 AND rule_id = $2 AND state IN ('asked', 'held', 'captured', 'redeemed') AND entry > 0;
