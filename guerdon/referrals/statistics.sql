-- Codes of members, and what has come of them.

-- name: get_code
-- A member's code: the oldest, where members with codes have become one.
SELECT code FROM referral_code WHERE merchant_id = $1 AND member_id = $2 ORDER BY created_at, code LIMIT 1;

-- name: insert_code
-- A new code.
INSERT INTO referral_code (merchant_id, code, member_id, created_at) VALUES ($1, $2, $3, $4);

-- name: list_codes
-- The codes of these members, as above.
SELECT DISTINCT ON (member_id) member_id, code
  FROM referral_code
 WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
 ORDER BY member_id, created_at, code;

-- name: count_referrals
-- How many friends each of these members has told, brought, and seen buy for how much.
SELECT member_id, count(*) FILTER (WHERE source = 'email' AND friend_email IS NOT NULL) AS shares,
       count(signed_up_at) AS signed_up,
       count(*) FILTER (WHERE state = 'completed') AS orders,
       coalesce(sum(amount_minor) FILTER (WHERE state = 'completed'), 0)::bigint AS amount_minor
  FROM referral
 WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
 GROUP BY member_id;

-- name: count_refused
-- What was not believed, and why.
SELECT member_id, reason, count(*)
  FROM referral
 WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[]) AND state = 'refused'
 GROUP BY member_id, reason
 ORDER BY member_id, reason;

-- name: list_friends
-- For each of these members the friends whose orders completed a referral, newest first, with the points that the member
-- got.
SELECT wanted.member_id,
       (SELECT min(identity.value)
          FROM identity
         WHERE identity.merchant_id = $1 AND identity.member_id = member.member_id AND identity.kind = 'email'),
       member.first_name, member.last_name, coalesce(award.points, 0), member.last_seen_at
  FROM unnest($2::bigint[]) AS wanted (member_id)
 CROSS JOIN LATERAL (
       SELECT referral_id, friend_id, completed_at
         FROM referral
        WHERE referral.merchant_id = $1 AND referral.member_id = wanted.member_id AND referral.state = 'completed'
        ORDER BY completed_at DESC, referral_id DESC
        LIMIT $3
     ) AS completed
  JOIN member
    ON member.merchant_id = $1 AND member.member_id = completed.friend_id
  LEFT JOIN award
    ON award.merchant_id = $1 AND award.subject = 'referral:' || completed.referral_id AND award.source = 'referrer'
 ORDER BY wanted.member_id, completed.completed_at DESC, completed.referral_id DESC;

-- name: list_referrals
-- Referrals, newest first, by page.
SELECT referral_id, member_id, friend_id, friend_email, friend_alias, source, state, reason, order_id, amount_minor,
       ip_address, shared_at, signed_up_at, completed_at, created_at, updated_at
  FROM referral
 WHERE merchant_id = $1 AND ($2::bigint IS NULL OR member_id = $2) AND (created_at, referral_id) < ($3, $4::bigint)
 ORDER BY created_at DESC, referral_id DESC
 LIMIT $5;
