-- What surrounds an event where it is told in the storefront's way: plain reads, for a batch of events at once.

-- name: list_awards_told
-- What was given for each of these subjects.
SELECT subject, source, points, title, redemption_id, created_at
  FROM award
 WHERE merchant_id = $1 AND subject = ANY ($2::text[])
 ORDER BY subject, source;

-- name: list_redemptions_told
-- These redemptions as they are now.
SELECT redemption_id, rule_id, code, delayed, channel, created_at, updated_at
  FROM redemption
 WHERE merchant_id = $1 AND redemption_id = ANY ($2::bigint[]);

-- name: find_referrers
-- Who brought each of these members, by the first referral that was believed.
SELECT DISTINCT ON (friend_id) friend_id, member_id
  FROM referral
 WHERE merchant_id = $1 AND friend_id = ANY ($2::bigint[]) AND state IN ('signed_up', 'completed', 'reversed')
 ORDER BY friend_id, created_at, referral_id;
