-- What belongs to a member goes over to another, one statement for each kind of row; each takes as $3 the keys and the
-- members whom they are of from now on. Those from delete_identities on are for members who are erased, by their number.
-- They write a batch together with the books: $1 is the merchant, $2 the time.

-- name: move_redemptions
-- Redemptions, with their coupons. The account that paid stays.
UPDATE redemption
   SET member_id = new.member_id
  FROM json_to_recordset($3::json) AS new (key text, member_id bigint)
 WHERE redemption.merchant_id = $1 AND redemption.redemption_id = new.key::bigint;

-- name: move_orders
-- Orders, and by them their returns.
UPDATE shop_order
   SET member_id = new.member_id
  FROM json_to_recordset($3::json) AS new (key text, member_id bigint)
 WHERE shop_order.merchant_id = $1 AND shop_order.order_id = new.key;

-- name: move_awards
-- Awards. The account that they were given to stays.
UPDATE award
   SET member_id = new.member_id
  FROM json_to_recordset($3::json) AS new (key json, member_id bigint)
 WHERE award.merchant_id = $1 AND award.subject = new.key ->> 0 AND award.source = new.key ->> 1;

-- name: move_activities
-- Activities.
UPDATE activity
   SET member_id = new.member_id
  FROM json_to_recordset($3::json) AS new (key text, member_id bigint)
 WHERE activity.merchant_id = $1 AND activity.activity_id = new.key;

-- name: move_adjustments
-- Adjustments that were proposed.
UPDATE adjustment
   SET member_id = new.member_id
  FROM json_to_recordset($3::json) AS new (key text, member_id bigint)
 WHERE adjustment.merchant_id = $1 AND adjustment.adjustment_id = new.key::bigint;

-- name: move_tier_changes
-- The history of tiers.
UPDATE tier_change
   SET member_id = new.member_id
  FROM json_to_recordset($3::json) AS new (key text, member_id bigint)
 WHERE tier_change.merchant_id = $1 AND tier_change.change_id = new.key::uuid;

-- name: move_celebrations
-- Days of the year; the member whom they are taken from is named, since a member has one of a kind.
UPDATE celebration
   SET member_id = new.member_id
  FROM json_to_recordset($3::json) AS new (key text, source bigint, member_id bigint)
 WHERE celebration.merchant_id = $1 AND celebration.member_id = new.source AND celebration.kind = new.key;

-- name: move_referral_codes
-- Codes that friends may still have.
UPDATE referral_code
   SET member_id = new.member_id
  FROM json_to_recordset($3::json) AS new (key text, member_id bigint)
 WHERE referral_code.merchant_id = $1 AND referral_code.code = new.key;

-- name: move_referrals
-- Referrals, on either side or, where two friends become one, on both. One that was refused because its two were one is
-- as it was before, once they are two again.
WITH moved AS (
       SELECT referral.referral_id,
              coalesce(new.member_id, referral.member_id) AS member_id,
              coalesce(new.friend_id, referral.friend_id) AS friend_id,
              referral.reason = 'self' AND referral.member_id = referral.friend_id
                  AND referral.signed_up_at IS NOT NULL AS were_one
         FROM json_to_recordset($3::json) AS new (key text, member_id bigint, friend_id bigint)
         JOIN referral
           ON referral.merchant_id = $1 AND referral.referral_id = new.key::bigint
     ), whose AS (
       SELECT *, coalesce(were_one AND member_id <> friend_id, false) AS are_two FROM moved
     )
UPDATE referral
   SET member_id = whose.member_id, friend_id = whose.friend_id,
       state = CASE WHEN are_two THEN 'signed_up' ELSE referral.state END,
       reason = CASE WHEN are_two THEN NULL ELSE referral.reason END,
       order_id = CASE WHEN are_two THEN NULL ELSE referral.order_id END
  FROM whose
 WHERE referral.merchant_id = $1 AND referral.referral_id = whose.referral_id;

-- name: move_movements
-- Points given and received.
UPDATE movement
   SET sender_id = coalesce(new.sender_id, movement.sender_id),
       receiver_id = coalesce(new.receiver_id, movement.receiver_id)
  FROM json_to_recordset($3::json) AS new (key text, sender_id bigint, receiver_id bigint)
 WHERE movement.merchant_id = $1 AND movement.movement_id = new.key::bigint;

-- name: delete_identities
-- Nothing finds them any more.
DELETE FROM identity
 USING json_to_recordset($3::json) AS erased (member_id bigint)
 WHERE identity.merchant_id = $1 AND identity.member_id = erased.member_id;

-- name: delete_celebrations
-- A birthday tells of a person.
DELETE FROM celebration
 USING json_to_recordset($3::json) AS erased (member_id bigint)
 WHERE celebration.merchant_id = $1 AND celebration.member_id = erased.member_id;

-- name: delete_words
-- What the merchant has noted beside them.
DELETE FROM metadata
 USING json_to_recordset($3::json) AS erased (member_id bigint)
 WHERE metadata.merchant_id = $1 AND metadata.kind = 'member' AND metadata.object_id = erased.member_id::text;

-- name: delete_words_beside
-- What the merchant has noted beside what was theirs: these words are read by nobody here, and may tell of a person.
WITH erased AS (
       SELECT member_id FROM json_to_recordset($3::json) AS named (member_id bigint)
     ), beside (kind, object_id) AS (
       SELECT 'order', shop_order.order_id
         FROM erased
         JOIN shop_order ON shop_order.merchant_id = $1 AND shop_order.member_id = erased.member_id
        UNION ALL
       SELECT 'return', shop_return.return_id
         FROM erased
         JOIN shop_order ON shop_order.merchant_id = $1 AND shop_order.member_id = erased.member_id
         JOIN shop_return ON shop_return.merchant_id = $1 AND shop_return.order_id = shop_order.order_id
        UNION ALL
       SELECT 'redemption', redemption.redemption_id::text
         FROM erased
         JOIN redemption ON redemption.merchant_id = $1 AND redemption.member_id = erased.member_id
        UNION ALL
       SELECT 'coupon', upper(redemption.code)
         FROM erased
         JOIN redemption ON redemption.merchant_id = $1 AND redemption.member_id = erased.member_id
        UNION ALL
       SELECT 'activity', activity.activity_id
         FROM erased
         JOIN activity ON activity.merchant_id = $1 AND activity.member_id = erased.member_id
        UNION ALL
       SELECT 'adjustment', adjustment.adjustment_id::text
         FROM erased
         JOIN adjustment ON adjustment.merchant_id = $1 AND adjustment.member_id = erased.member_id
        UNION ALL
       SELECT 'referral', referral.referral_id::text
         FROM erased
         JOIN referral
           ON referral.merchant_id = $1
          AND (referral.member_id = erased.member_id OR referral.friend_id = erased.member_id)
        UNION ALL
       SELECT 'movement', movement.movement_id::text
         FROM erased
         JOIN movement
           ON movement.merchant_id = $1
          AND (movement.sender_id = erased.member_id OR movement.receiver_id = erased.member_id)
     )
DELETE FROM metadata
 USING beside
 WHERE metadata.merchant_id = $1 AND metadata.kind = beside.kind AND metadata.object_id = beside.object_id;

-- name: delete_words_of_entries
-- The same beside the entries of their accounts, which are known by the account's number and their own, as 42_7.
DELETE FROM metadata
 USING json_to_recordset($3::json) AS erased (accounts json)
 CROSS JOIN json_array_elements_text(erased.accounts) AS held (number)
 WHERE metadata.merchant_id = $1 AND metadata.kind = 'entry'
   AND split_part(metadata.object_id, '_', 1) = held.number;

-- name: scrub_orders
-- Of an order what was sold stays, and who bought it goes.
UPDATE shop_order
   SET document = shop_order.document - ARRAY[
           'customer', 'customer_email', 'customer_id', 'customer_external_id', 'email', 'phone', 'phone_number',
           'first_name', 'last_name', 'name', 'billing_address', 'shipping_address', 'ip_address', 'ip', 'user_agent',
           'browser_ip', 'note', 'notes', 'pos_account_id'
       ]
  FROM json_to_recordset($3::json) AS erased (member_id bigint)
 WHERE shop_order.merchant_id = $1 AND shop_order.member_id = erased.member_id;

-- name: scrub_activities
-- What they did stays; what the reporter said of where and how goes.
UPDATE activity
   SET document = '{}'
  FROM json_to_recordset($3::json) AS erased (member_id bigint)
 WHERE activity.merchant_id = $1 AND activity.member_id = erased.member_id;

-- name: scrub_referrals
-- Addresses of friends whom they told, and their own where they are the friend.
UPDATE referral
   SET friend_email = CASE WHEN referral.friend_email IS NOT NULL THEN 'erased' END, friend_alias = NULL,
       ip_address = NULL
  FROM json_to_recordset($3::json) AS erased (member_id bigint)
 WHERE referral.merchant_id = $1
   AND (referral.member_id = erased.member_id OR referral.friend_id = erased.member_id);

-- name: scrub_merges
-- What undoing a merge would need tells of the person: it cannot be undone any more.
UPDATE merge
   SET document = '{}', state = CASE merge.state WHEN 'done' THEN 'final' ELSE merge.state END
  FROM json_to_recordset($3::json) AS erased (member_id bigint)
 WHERE merge.merchant_id = $1 AND (merge.member_id = erased.member_id OR merge.survivor_id = erased.member_id);
