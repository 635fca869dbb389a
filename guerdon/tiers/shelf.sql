-- Tiers beside the books, for a batch of one merchant, under the locks of its members' accounts.

-- name: load_standings
-- The version of the programme that counts, and where members stand, with what they did since $3, which lifts them
-- now, and what they did in the period that the next review looks at. The limit has each standing looked up by its key:
-- a plan that was made while there were few would otherwise read all of them for each member.
SELECT wanted.member_id, tier_programme.version, member_tier.level, member_tier.best_level, member_tier.entered_at,
       member_tier.until, member_tier.counts_from, member_tier.review_on, member_tier.assigned,
       member_tier.version AS standing_version, member_tier.perks,
       counted.points, counted.spent_minor, counted.orders, counted.referrals,
       counted.review_points, counted.review_spent_minor, counted.review_orders, counted.review_referrals
  FROM unnest($2::bigint[]) AS wanted (member_id)
  LEFT JOIN tier_programme
    ON tier_programme.merchant_id = $1
  LEFT JOIN LATERAL (
       SELECT level, best_level, entered_at, until, counts_from, review_on, assigned, version, perks
         FROM member_tier
        WHERE member_tier.merchant_id = $1 AND member_tier.member_id = wanted.member_id
        LIMIT 1
       ) AS member_tier
    ON true
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(points) FILTER (WHERE lifts), 0)::bigint AS points,
              coalesce(sum(spent_minor) FILTER (WHERE lifts), 0)::bigint AS spent_minor,
              coalesce(sum(orders) FILTER (WHERE lifts), 0)::bigint AS orders,
              coalesce(sum(referrals) FILTER (WHERE lifts), 0)::bigint AS referrals,
              coalesce(sum(points) FILTER (WHERE keeps), 0)::bigint AS review_points,
              coalesce(sum(spent_minor) FILTER (WHERE keeps), 0)::bigint AS review_spent_minor,
              coalesce(sum(orders) FILTER (WHERE keeps), 0)::bigint AS review_orders,
              coalesce(sum(referrals) FILTER (WHERE keeps), 0)::bigint AS review_referrals
         FROM (
              SELECT points, spent_minor, orders, referrals, day >= $3::date AS lifts,
                     day >= member_tier.counts_from AND day < member_tier.review_on AS keeps
                FROM tier_progress
               WHERE tier_progress.merchant_id = $1 AND tier_progress.member_id = wanted.member_id
                 AND tier_progress.day >= least($3::date, member_tier.counts_from)
              ) AS done
       ) AS counted;

-- The statements from here on write a batch, together with those of the books: $1 is the merchant, $2 the time, and $3
-- the rows as JSON.

-- name: add_progress
-- What members have done and what was taken back, added to their days.
INSERT INTO tier_progress (merchant_id, member_id, day, points, spent_minor, orders, referrals)
SELECT $1, member_id, day, points, spent_minor, orders, referrals
  FROM json_to_recordset($3::json) AS new (
           member_id bigint, day date, points bigint, spent_minor bigint, orders bigint, referrals bigint
       )
    ON CONFLICT ON CONSTRAINT tier_progress_is_counted_by_day DO UPDATE
   SET points = tier_progress.points + excluded.points,
       spent_minor = tier_progress.spent_minor + excluded.spent_minor,
       orders = tier_progress.orders + excluded.orders,
       referrals = tier_progress.referrals + excluded.referrals;

-- name: save_standings
-- Where members stand now.
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

-- name: set_levels
-- The level of those members whose standing changed, where everything else looks for it.
UPDATE member
   SET tier_level = new.level
  FROM json_to_recordset($3::json) AS new (member_id bigint, level integer)
 WHERE member.merchant_id = $1 AND member.member_id = new.member_id AND member.tier_level <> new.level;

-- name: insert_changes
-- Lines of members' histories.
INSERT INTO tier_change (
    merchant_id, change_id, member_id, from_level, to_level, why, reason, actor, version, points, spent_minor, orders,
    referrals, until, at
)
SELECT $1, new.*
  FROM json_to_recordset($3::json) AS new (
           change_id uuid, member_id bigint, from_level integer, to_level integer, why text, reason text, actor text,
           version integer, points bigint, spent_minor bigint, orders bigint, referrals bigint, until date,
           at timestamptz
       );
