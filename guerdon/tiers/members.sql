-- Members' tiers as they are looked up, never changed.

-- name: find_due_members
-- The next members by id to judge anew: whose period and grace are over, who stand by another version of the programme,
-- and who stand nowhere yet although they have done something, or came with a level, or the programme takes everyone.
-- The limit keeps the question about the past to one member at a time: as a join it would read everybody's.
SELECT member.member_id
  FROM member
  LEFT JOIN member_tier
    ON member_tier.merchant_id = $1 AND member_tier.member_id = member.member_id
 WHERE member.merchant_id = $1 AND member.member_id > $2 AND member.status IN ('active', 'suspended')
   AND CASE
           WHEN member_tier.member_id IS NULL THEN
               $5::boolean OR member.tier_level > 0 OR coalesce((
                   SELECT true
                     FROM tier_progress
                    WHERE tier_progress.merchant_id = $1 AND tier_progress.member_id = member.member_id
                    LIMIT 1
               ), false)
           ELSE coalesce(member_tier.review_on <= $3::date, false) OR member_tier.version <> $4
       END
 ORDER BY member.member_id
 LIMIT $6;

-- name: get_level
-- The level that a member came with, or stands at.
SELECT tier_level FROM member WHERE merchant_id = $1 AND member_id = $2;

-- name: list_changes
-- A member's history, newest first, from before a line that was seen.
SELECT change_id, member_id, from_level, to_level, why, reason, actor, version, points, spent_minor, orders, referrals,
       until, at
  FROM tier_change
 WHERE merchant_id = $1 AND member_id = $2
   AND ($3::timestamptz IS NULL OR (at, change_id) < ($3::timestamptz, $4::uuid))
 ORDER BY at DESC, change_id DESC
 LIMIT $5;
