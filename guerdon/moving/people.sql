-- Members in full, households, and members who become one, for commands that are decided alone, under the locks of all
-- accounts concerned.

-- name: lock_people
-- Members and whoever has become them, as they are until we commit: a change of a profile waits. After all accounts.
SELECT member_id, status, merged_into, tier_level, may_spend, opted_in, opted_in_at, has_account, tags, first_name,
       last_name, country, platform_created_at, last_seen_at, birth_year, birth_month, birth_day
  FROM member
 WHERE merchant_id = $1 AND (member_id = ANY ($2::bigint[]) OR merged_into = ANY ($2::bigint[]))
 ORDER BY member_id
   FOR UPDATE;

-- name: load_memberships
-- Who of these members, or of these households, belongs to a household.
SELECT household_id, member_id, joined_at, left_at, role, own_account_id, followers
  FROM household_member
 WHERE merchant_id = $1 AND left_at IS NULL
   AND (member_id = ANY ($2::bigint[]) OR household_id = ANY ($3::bigint[]));

-- name: load_households
-- Households with the account that their members share.
SELECT household_id, account_id, name, created_at, dissolved_at
  FROM household
 WHERE merchant_id = $1 AND household_id = ANY ($2::bigint[]);

-- name: load_merges
-- Merges with what undoing them needs.
SELECT merge_id, member_id, survivor_id, state, document, actor, created_at, undoable_until, undone_at
  FROM merge
 WHERE merchant_id = $1 AND merge_id = ANY ($2::bigint[]);

-- name: list_merges
-- What a member has become, and who has become the member, newest first.
SELECT merge_id, member_id, survivor_id, state, document, actor, created_at, undoable_until, undone_at
  FROM merge
 WHERE merchant_id = $1 AND (member_id = $2 OR survivor_id = $2)
 ORDER BY created_at DESC, merge_id DESC;

-- name: list_belongings
-- Everything that says whose it is by a member's number, and that goes over to another: the kind of each row, and its key.
SELECT 'redemption' AS kind, redemption_id::text AS key, member_id
  FROM redemption WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'order', order_id, member_id
  FROM shop_order WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'award', json_build_array(subject, source)::text, member_id
  FROM award WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'activity', activity_id, member_id
  FROM activity WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'adjustment', adjustment_id::text, member_id
  FROM adjustment WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'tier_change', change_id::text, member_id
  FROM tier_change WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'celebration', kind, member_id
  FROM celebration WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'referral_code', code, member_id
  FROM referral_code WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'referral', referral_id::text, member_id
  FROM referral WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'referral_friend', referral_id::text, friend_id
  FROM referral WHERE merchant_id = $1 AND friend_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'movement_sent', movement_id::text, sender_id
  FROM movement WHERE merchant_id = $1 AND sender_id = ANY ($2::bigint[])
 UNION ALL
SELECT 'movement_received', movement_id::text, receiver_id
  FROM movement WHERE merchant_id = $1 AND receiver_id = ANY ($2::bigint[]);

-- name: list_redeemed
-- What of the rules the redemptions of members take, one by one; gifts take nothing.
SELECT redemption_id, member_id, rule_id, points, day, state IN ('asked', 'held', 'captured', 'redeemed') AS counts
  FROM redemption
 WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[]) AND entry > 0;

-- name: list_uses
-- How much members have earned by rules that cap it.
SELECT member_id, rule_id, period, starts_on, points, times
  FROM earning_use
 WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[]);

-- name: list_given
-- What members were given by earning rules, as it counts towards the caps of these: what an activity gave counts, and
-- of an order the points that stand, and coupons and tiers that were not taken back.
SELECT json_build_array(subject, source)::text AS key, substr(source, 6)::bigint AS rule_id, rule_version,
       (occurred_at AT TIME ZONE merchant.timezone)::date AS day, points - forgiven AS points,
       CASE WHEN award.subject LIKE 'order:%' THEN
           EXISTS (
               SELECT
                 FROM shop_order
                CROSS JOIN LATERAL jsonb_array_elements(shop_order.evaluated -> 'earnings') AS earning
                WHERE shop_order.merchant_id = $1 AND shop_order.order_id = substr(award.subject, 7)
                  AND award.source = 'rule:' || (earning ->> 'rule_id') AND (earning ->> 'given')::boolean
           )
       ELSE award.redemption_id IS NOT NULL OR award.subject LIKE 'activity:%' END AS given
  FROM award
  JOIN merchant
    ON merchant.merchant_id = $1
 WHERE award.merchant_id = $1 AND award.member_id = ANY ($2::bigint[]) AND award.source LIKE 'rule:%'
   AND award.rule_version IS NOT NULL;

-- name: list_progress
-- What members did on each day that counts towards tiers.
SELECT member_id, day, points, spent_minor, orders, referrals
  FROM tier_progress
 WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[]);

-- name: list_years
-- What members have moved and bought in each year.
SELECT member_id, year, transferred, gifted, bought, bought_for_others, received
  FROM moving_usage
 WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[]);

-- name: list_standings
-- Where members stand among the tiers.
SELECT member_id, level, best_level, entered_at, until, counts_from, review_on, assigned, version, perks
  FROM member_tier
 WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[]);

-- name: list_held
-- The redemptions of a member whose points are held.
SELECT redemption_id FROM redemption WHERE merchant_id = $1 AND member_id = $2 AND state IN ('asked', 'held');

-- The statements from here on write a batch, together with the books: $1 is the merchant, $2 the time, and $3 the rows
-- as JSON.

-- name: save_people
-- Members as they are from now on.
UPDATE member
   SET status = new.status, merged_into = new.merged_into, tier_level = new.tier_level, may_spend = new.may_spend,
       opted_in = new.opted_in, opted_in_at = new.opted_in_at, has_account = new.has_account, tags = new.tags,
       first_name = new.first_name, last_name = new.last_name, country = new.country,
       platform_created_at = new.platform_created_at, last_seen_at = new.last_seen_at, birth_year = new.birth_year,
       birth_month = new.birth_month, birth_day = new.birth_day, updated_at = $2
  FROM json_to_recordset($3::json) AS new (
           member_id bigint, status text, merged_into bigint, tier_level integer, may_spend boolean, opted_in boolean,
           opted_in_at timestamptz, has_account boolean, tags text[], first_name text, last_name text, country text,
           platform_created_at timestamptz, last_seen_at timestamptz, birth_year smallint, birth_month smallint,
           birth_day smallint
       )
 WHERE member.merchant_id = $1 AND member.member_id = new.member_id;

-- name: remove_words
-- By these words members are found no more.
DELETE FROM member_word
 USING json_to_recordset($3::json) AS old (member_id bigint, words text)
 CROSS JOIN LATERAL string_to_table(old.words, ' ') AS gone (word)
 WHERE member_word.merchant_id = $1 AND member_word.word = gone.word AND member_word.member_id = old.member_id;

-- name: add_words
-- By these they are. None of them is among those that go.
INSERT INTO member_word (merchant_id, word, member_id, words)
SELECT $1, word, member_id, words
  FROM json_to_recordset($3::json) AS new (member_id bigint, words text)
 CROSS JOIN LATERAL string_to_table(new.words, ' ') AS word
    ON CONFLICT ON CONSTRAINT member_word_is_of_one_name DO UPDATE
   SET words = excluded.words;

-- name: insert_households
-- New households.
INSERT INTO household (merchant_id, household_id, account_id, name, created_at, dissolved_at)
SELECT $1, new.*
  FROM json_to_recordset($3::json) AS new (
           household_id bigint, account_id bigint, name text, created_at timestamptz, dissolved_at timestamptz
       );

-- name: dissolve_households
-- Households that are no more.
UPDATE household
   SET dissolved_at = new.dissolved_at
  FROM json_to_recordset($3::json) AS new (household_id bigint, dissolved_at timestamptz)
 WHERE household.merchant_id = $1 AND household.household_id = new.household_id;

-- name: insert_memberships
-- Who joins a household; whoever comes back in the very moment in which they left never did.
INSERT INTO household_member (
    merchant_id, household_id, member_id, joined_at, left_at, role, own_account_id, followers
)
SELECT $1, new.*
  FROM json_to_recordset($3::json) AS new (
           household_id bigint, member_id bigint, joined_at timestamptz, left_at timestamptz, role text,
           own_account_id bigint, followers bigint[]
       )
    ON CONFLICT ON CONSTRAINT household_member_joins DO UPDATE
   SET left_at = excluded.left_at, role = excluded.role, followers = excluded.followers;

-- name: update_memberships
-- Who leaves a household, or has another role there.
UPDATE household_member
   SET left_at = new.left_at, role = new.role
  FROM json_to_recordset($3::json) AS new (
           household_id bigint, member_id bigint, joined_at timestamptz, left_at timestamptz, role text
       )
 WHERE household_member.merchant_id = $1 AND household_member.household_id = new.household_id
   AND household_member.member_id = new.member_id AND household_member.joined_at = new.joined_at;

-- name: insert_merges
-- Members who became another.
INSERT INTO merge (
    merchant_id, merge_id, member_id, survivor_id, state, document, actor, created_at, undoable_until, undone_at
)
SELECT $1, new.*
  FROM json_to_recordset($3::json) AS new (
           merge_id bigint, member_id bigint, survivor_id bigint, state text, document jsonb, actor text,
           created_at timestamptz, undoable_until timestamptz, undone_at timestamptz
       );

-- name: undo_merges
-- Members who are themselves again.
UPDATE merge
   SET state = new.state, undone_at = new.undone_at
  FROM json_to_recordset($3::json) AS new (merge_id bigint, state text, undone_at timestamptz)
 WHERE merge.merchant_id = $1 AND merge.merge_id = new.merge_id;

-- name: inherit_identities
-- What found a member finds from now on whom they became. The first owner is kept.
UPDATE identity
   SET member_id = new.member_id, merged_from = coalesce(identity.merged_from, new.source)
  FROM json_to_recordset($3::json) AS new (source bigint, member_id bigint)
 WHERE identity.merchant_id = $1 AND identity.member_id = new.source;

-- name: return_identities
-- What found a member before a merge finds them again, unless it was given up meanwhile.
UPDATE identity
   SET member_id = new.member_id, merged_from = nullif(identity.merged_from, new.member_id)
  FROM json_to_recordset($3::json) AS new (survivor bigint, source bigint, member_id bigint)
 WHERE identity.merchant_id = $1 AND identity.member_id = new.survivor AND identity.merged_from = new.source;

-- name: save_standings
-- Where members stand after a merge.
INSERT INTO member_tier (
    merchant_id, member_id, level, best_level, entered_at, until, counts_from, review_on, assigned, version, perks
)
SELECT $1, new.*
  FROM json_to_recordset($3::json) AS new (
           member_id bigint, level integer, best_level integer, entered_at timestamptz, until date, counts_from date,
           review_on date, assigned text, version integer, perks jsonb
       )
    ON CONFLICT ON CONSTRAINT member_tier_is_one_of_a_member DO UPDATE
   SET level = excluded.level, best_level = excluded.best_level, entered_at = excluded.entered_at,
       until = excluded.until, counts_from = excluded.counts_from, review_on = excluded.review_on,
       assigned = excluded.assigned, version = excluded.version, perks = excluded.perks;

-- name: insert_erasures
-- Who was erased, by whom, and what became of the points.
INSERT INTO erasure (merchant_id, member_id, actor, points, pending, released, at)
SELECT $1, member_id, actor, points, pending, released, at
  FROM json_to_recordset($3::json) AS new (
           member_id bigint, actor text, points bigint, pending bigint, released bigint, at timestamptz
       );
