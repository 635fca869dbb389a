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
-- Referrals, on either side or, where two friends become one, on both.
UPDATE referral
   SET member_id = coalesce(new.member_id, referral.member_id), friend_id = coalesce(new.friend_id, referral.friend_id)
  FROM json_to_recordset($3::json) AS new (key text, member_id bigint, friend_id bigint)
 WHERE referral.merchant_id = $1 AND referral.referral_id = new.key::bigint;

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
