-- All that is known of one member beside the books, one JSON object a row.

-- name: list_known
-- Whoever the member is or was ($2: the member and those who became them), and everything that names them.
SELECT 'profile' AS kind, to_jsonb(member) - 'merchant_id' AS document
  FROM member WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'identity', to_jsonb(identity) - 'merchant_id'
  FROM identity WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'celebration', to_jsonb(celebration) - 'merchant_id'
  FROM celebration WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'merge', to_jsonb(merge) - 'merchant_id' - 'document'
  FROM merge WHERE merchant_id = $1 AND (member_id = ANY ($2::bigint[]) OR survivor_id = ANY ($2::bigint[]))
 UNION ALL
SELECT 'household', to_jsonb(household_member) - 'merchant_id'
  FROM household_member WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'tier', to_jsonb(member_tier) - 'merchant_id'
  FROM member_tier WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'tier_progress', to_jsonb(tier_progress) - 'merchant_id'
  FROM tier_progress WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'tier_change', to_jsonb(tier_change) - 'merchant_id'
  FROM tier_change WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'order', to_jsonb(shop_order) - 'merchant_id'
  FROM shop_order WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'return', to_jsonb(shop_return) - 'merchant_id'
  FROM shop_order
  JOIN shop_return
    ON shop_return.merchant_id = $1 AND shop_return.order_id = shop_order.order_id
 WHERE shop_order.merchant_id = $1 AND shop_order.member_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'redemption', to_jsonb(redemption) - 'merchant_id'
  FROM redemption WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'coupon', to_jsonb(coupon) - 'merchant_id'
  FROM redemption
  JOIN coupon
    ON coupon.merchant_id = $1 AND coupon.code = upper(redemption.code)
 WHERE redemption.merchant_id = $1 AND redemption.member_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'award', to_jsonb(award) - 'merchant_id'
  FROM award WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'activity', to_jsonb(activity) - 'merchant_id'
  FROM activity WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'adjustment', to_jsonb(adjustment) - 'merchant_id'
  FROM adjustment WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'referral_code', to_jsonb(referral_code) - 'merchant_id'
  FROM referral_code WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'referral', to_jsonb(referral) - 'merchant_id'
  FROM referral WHERE merchant_id = $1 AND (member_id = ANY ($2::bigint[]) OR friend_id = ANY ($2::bigint[]))
 UNION ALL
SELECT 'movement', to_jsonb(movement) - 'merchant_id'
  FROM movement WHERE merchant_id = $1 AND (sender_id = ANY ($2::bigint[]) OR receiver_id = ANY ($2::bigint[]))
 UNION ALL
SELECT 'usage', to_jsonb(redemption_usage) - 'merchant_id'
  FROM redemption_usage WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'earning_use', to_jsonb(earning_use) - 'merchant_id'
  FROM earning_use WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'moving_usage', to_jsonb(moving_usage) - 'merchant_id'
  FROM moving_usage WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'imported_code', to_jsonb(imported_code) - 'merchant_id'
  FROM imported_code WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'erasure', to_jsonb(erasure) - 'merchant_id'
  FROM erasure WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'event', to_jsonb(event) - 'merchant_id'
  FROM event WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[]);

-- name: list_words
-- What the merchant has noted beside them and beside what is theirs; $3 are their accounts, by whose numbers entries are
-- known, as 42_7.
WITH beside (kind, object_id) AS (
       SELECT 'member', unnest($2::bigint[])::text
        UNION ALL
       SELECT 'order', order_id FROM shop_order WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
        UNION ALL
       SELECT 'return', shop_return.return_id
         FROM shop_order
         JOIN shop_return
           ON shop_return.merchant_id = $1 AND shop_return.order_id = shop_order.order_id
        WHERE shop_order.merchant_id = $1 AND shop_order.member_id = ANY ($2::bigint[])
        UNION ALL
       SELECT 'redemption', redemption_id::text FROM redemption WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
        UNION ALL
       SELECT 'coupon', upper(code) FROM redemption WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
        UNION ALL
       SELECT 'activity', activity_id FROM activity WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
        UNION ALL
       SELECT 'adjustment', adjustment_id::text FROM adjustment WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
        UNION ALL
       SELECT 'referral', referral_id::text
         FROM referral
        WHERE merchant_id = $1 AND (member_id = ANY ($2::bigint[]) OR friend_id = ANY ($2::bigint[]))
        UNION ALL
       SELECT 'movement', movement_id::text
         FROM movement
        WHERE merchant_id = $1 AND (sender_id = ANY ($2::bigint[]) OR receiver_id = ANY ($2::bigint[]))
     )
SELECT 'metadata' AS kind, to_jsonb(metadata) - 'merchant_id' AS document
  FROM beside
  JOIN metadata
    ON metadata.merchant_id = $1 AND metadata.kind = beside.kind AND metadata.object_id = beside.object_id
 UNION ALL
SELECT 'metadata', to_jsonb(metadata) - 'merchant_id'
  FROM metadata
 WHERE metadata.merchant_id = $1 AND metadata.kind = 'entry'
   AND split_part(metadata.object_id, '_', 1) = ANY ($3::bigint[]::text[]);

-- name: list_refusals
-- What was refused with one of the member's identities in it.
SELECT 'decision' AS kind, to_jsonb(decision) - 'merchant_id' AS document
  FROM decision
  JOIN unnest($2::text[], $3::text[]) AS known (kind, value)
    ON decision.facts ->> 'kind' = known.kind AND decision.facts ->> 'value' = known.value
 WHERE decision.merchant_id = $1;

-- name: list_selves
-- A member and everybody who became them.
SELECT member.member_id
  FROM member
 WHERE member.merchant_id = $1 AND (member.member_id = $2 OR member.merged_into = $2)
 ORDER BY member.member_id;

-- name: list_own_accounts
-- The accounts that members had to themselves before they joined a household.
SELECT own_account_id
  FROM household_member
 WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[]);
