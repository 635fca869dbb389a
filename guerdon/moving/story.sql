-- All that happened to a member, each statement one kind of it, newest first: when, its key, and what it was. Each takes
-- the merchant, the member ($2), the place (time, key) that it goes on from before, and how many ($5).

-- name: tell_redemptions
-- What points bought, and coupons that were given.
SELECT redemption.created_at AS at, redemption.redemption_id AS key,
       jsonb_build_object(
           'state', redemption.state, 'points', redemption.points, 'points_back', redemption.points_back,
           'value_minor', redemption.value_minor, 'currency', redemption.currency, 'code', redemption.code,
           'rule_id', redemption.rule_id, 'name', redemption_rule_version.terms ->> 'name',
           'updated_at', redemption.updated_at
       ) AS facts
  FROM redemption
  LEFT JOIN redemption_rule_version
    ON redemption_rule_version.merchant_id = $1 AND redemption_rule_version.rule_id = redemption.rule_id
   AND redemption_rule_version.version = redemption.rule_version
 WHERE redemption.merchant_id = $1 AND redemption.member_id = $2
   AND (redemption.created_at, redemption.redemption_id) < ($3::timestamptz, $4::bigint)
 ORDER BY redemption.created_at DESC, redemption.redemption_id DESC
 LIMIT $5;

-- name: tell_orders
-- What was bought, as it stands now.
SELECT placed_at AS at, order_id AS key,
       jsonb_build_object(
           'status', status, 'total_minor', total_minor, 'currency', currency, 'codes', codes, 'flags', flags,
           'updated_at', updated_at
       ) AS facts
  FROM shop_order
 WHERE merchant_id = $1 AND member_id = $2 AND (placed_at, order_id) < ($3::timestamptz, $4::text)
 ORDER BY placed_at DESC, order_id DESC
 LIMIT $5;

-- name: tell_returns
-- What came back of it.
SELECT shop_return.created_at AS at, shop_return.return_id AS key,
       jsonb_build_object(
           'order_id', shop_return.order_id, 'total_minor', shop_return.total_minor,
           'currency', coalesce(shop_return.currency, shop_order.currency), 'problem', shop_return.problem
       ) AS facts
  FROM shop_order
  JOIN shop_return
    ON shop_return.merchant_id = $1 AND shop_return.order_id = shop_order.order_id
 WHERE shop_order.merchant_id = $1 AND shop_order.member_id = $2
   AND (shop_return.created_at, shop_return.return_id) < ($3::timestamptz, $4::text)
 ORDER BY shop_return.created_at DESC, shop_return.return_id DESC
 LIMIT $5;

-- name: tell_activities
-- What the member did otherwise.
SELECT occurred_at AS at, activity_id AS key,
       jsonb_build_object(
           'name', name, 'title', title, 'state', state, 'points', points, 'actor', actor, 'reason', decision,
           'decided_by', decided_by
       ) AS facts
  FROM activity
 WHERE merchant_id = $1 AND member_id = $2 AND (occurred_at, activity_id) < ($3::timestamptz, $4::text)
 ORDER BY occurred_at DESC, activity_id DESC
 LIMIT $5;

-- name: tell_tiers
-- Steps up and down.
SELECT at, change_id AS key,
       jsonb_build_object(
           'from_level', from_level, 'to_level', to_level, 'why', why, 'reason', reason, 'actor', actor
       ) AS facts
  FROM tier_change
 WHERE merchant_id = $1 AND member_id = $2 AND (at, change_id) < ($3::timestamptz, $4::uuid)
 ORDER BY at DESC, change_id DESC
 LIMIT $5;

-- name: tell_transfers
-- Points that were given, received and bought; and the money for them that was given back.
SELECT told.at, movement.movement_id AS key,
       jsonb_build_object(
           'movement', kind, 'sender_id', sender_id, 'receiver_id', receiver_id, 'points', points, 'reason', note,
           'price_minor', price_minor, 'currency', currency, 'refunded', told.refunded,
           'points_back', CASE WHEN told.refunded THEN points_back END
       ) AS facts
  FROM movement
 CROSS JOIN LATERAL (
       VALUES (movement.created_at, false), (movement.refunded_at, true)
       ) AS told (at, refunded)
 WHERE movement.merchant_id = $1 AND (movement.sender_id = $2 OR movement.receiver_id = $2)
   AND (told.at, movement.movement_id) < ($3::timestamptz, $4::bigint)
 ORDER BY told.at DESC, movement.movement_id DESC
 LIMIT $5;

-- name: tell_merges
-- Whom the member has become, who has become the member, and what of it was undone.
SELECT told.at, merge.merge_id AS key,
       jsonb_build_object(
           'member_id', merge.member_id, 'survivor_id', merge.survivor_id, 'undone', told.undone,
           'actor', CASE WHEN NOT told.undone THEN merge.actor END
       ) AS facts
  FROM merge
 CROSS JOIN LATERAL (VALUES (merge.created_at, false), (merge.undone_at, true)) AS told (at, undone)
 WHERE merge.merchant_id = $1 AND (merge.member_id = $2 OR merge.survivor_id = $2)
   AND (told.at, merge.merge_id) < ($3::timestamptz, $4::bigint)
 ORDER BY told.at DESC, merge.merge_id DESC
 LIMIT $5;

-- name: tell_decisions
-- What was refused to the member, and to whoever has become the member.
SELECT said.recorded_at AS at, said.decision_id AS key,
       jsonb_build_object(
           'command', said.command, 'code', said.code, 'sentence', said.sentence, 'facts', said.facts,
           'actor', said.actor
       ) AS facts
  FROM (
       SELECT $2::bigint AS member_id
        UNION ALL
       SELECT member_id FROM member WHERE merchant_id = $1 AND merged_into = $2
       ) AS who
 CROSS JOIN LATERAL (
       SELECT decision_id, command, code, sentence, facts, actor, recorded_at
         FROM decision
        WHERE decision.merchant_id = $1 AND decision.member_id = who.member_id
          AND (recorded_at, decision_id) < ($3::timestamptz, $4::uuid)
        ORDER BY recorded_at DESC, decision_id DESC
        LIMIT $5
       ) AS said
 ORDER BY said.recorded_at DESC, said.decision_id DESC
 LIMIT $5;

-- name: tell_referrals
-- Friends whom the member told, and who told the member.
SELECT created_at AS at, referral_id AS key,
       jsonb_build_object(
           'state', state, 'member_id', member_id, 'friend_id', friend_id, 'reason', reason, 'order_id', order_id
       ) AS facts
  FROM referral
 WHERE merchant_id = $1 AND (member_id = $2 OR friend_id = $2)
   AND (created_at, referral_id) < ($3::timestamptz, $4::bigint)
 ORDER BY created_at DESC, referral_id DESC
 LIMIT $5;

-- name: tell_adjustments
-- Points that somebody proposed to give or take, and what became of it.
SELECT proposed_at AS at, adjustment_id AS key,
       jsonb_build_object(
           'state', state, 'points', (change ->> 'points')::bigint, 'title', change ->> 'title', 'actor', proposer,
           'reason', note, 'decided_by', decided_by, 'decided_at', decided_at, 'decision', decision,
           'expires_at', expires_at
       ) AS facts
  FROM adjustment
 WHERE merchant_id = $1 AND member_id = $2 AND (proposed_at, adjustment_id) < ($3::timestamptz, $4::bigint)
 ORDER BY proposed_at DESC, adjustment_id DESC
 LIMIT $5;

-- name: tell_profile
-- What changed about the member, as far back as events are kept: which fields, never what they say.
SELECT recorded_at AS at, event_id AS key,
       jsonb_build_object('topic', topic, 'changed', payload -> 'changed') AS facts
  FROM event
 WHERE merchant_id = $1 AND member_id = $2
   AND topic IN ('member.created', 'member.updated', 'member.opted_in', 'member.opted_out', 'member.suspended',
                 'member.activated')
   AND (recorded_at, event_id) < ($3::timestamptz, $4::uuid)
 ORDER BY recorded_at DESC, event_id DESC
 LIMIT $5;
