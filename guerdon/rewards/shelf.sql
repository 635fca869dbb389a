-- What redemptions need beside the books, for a batch of one merchant, under the locks of its accounts.

-- name: find_accounts
-- The accounts whose points stand behind these redemptions, coupons, and coupons that these orders named before or gave.
SELECT DISTINCT redemption.account_id
  FROM redemption
 WHERE redemption.merchant_id = $1
   AND redemption.redemption_id = ANY (ARRAY(
       SELECT unnest($2::bigint[])
        UNION ALL
       SELECT coupon.redemption_id FROM coupon WHERE coupon.merchant_id = $1 AND coupon.code = ANY ($3::text[])
        UNION ALL
       SELECT named.redemption_id
         FROM shop_order
        CROSS JOIN LATERAL unnest(shop_order.codes) AS before (code)
         JOIN coupon AS named
           ON named.merchant_id = $1 AND named.code = before.code
        WHERE shop_order.merchant_id = $1 AND shop_order.order_id = ANY ($4::text[])
        UNION ALL
       SELECT award.redemption_id
         FROM unnest($4::text[]) AS asked (order_id)
         JOIN award
           ON award.merchant_id = $1 AND award.subject = 'order:' || asked.order_id
        WHERE award.redemption_id IS NOT NULL
   ));

-- name: load_rules
-- The version that each rule is at, with how much of it each member has used, and whether all members share something:
-- a rule that was ever limited stays counted, so that a limit may come back.
SELECT wanted.rule_id, redemption_rule.version, wanted.member_id, redemption_usage.redemptions,
       redemption_usage.points, redemption_usage.day, redemption_usage.day_points,
       redemption_stock.rule_id IS NOT NULL AS shared
  FROM unnest($2::bigint[], $3::bigint[]) AS wanted (rule_id, member_id)
  JOIN redemption_rule
    ON redemption_rule.merchant_id = $1 AND redemption_rule.rule_id = wanted.rule_id
  LEFT JOIN redemption_usage
    ON redemption_usage.merchant_id = $1 AND redemption_usage.member_id = wanted.member_id
   AND redemption_usage.rule_id = wanted.rule_id
  LEFT JOIN redemption_stock
    ON redemption_stock.merchant_id = $1 AND redemption_stock.rule_id = wanted.rule_id;

-- name: load_terms
-- The terms of rules in the version that they are at.
SELECT redemption_rule.rule_id, redemption_rule.version, redemption_rule_version.terms
  FROM redemption_rule
  JOIN redemption_rule_version
    ON redemption_rule_version.merchant_id = $1
   AND redemption_rule_version.rule_id = redemption_rule.rule_id
   AND redemption_rule_version.version = redemption_rule.version
 WHERE redemption_rule.merchant_id = $1 AND redemption_rule.rule_id = ANY ($2::bigint[]);

-- name: lock_stock
-- What all members share of a rule, only for rules that limit it or did, and after all accounts.
SELECT rule_id, redemptions, amount_minor
  FROM redemption_stock
 WHERE merchant_id = $1 AND rule_id = ANY ($2::bigint[])
 ORDER BY rule_id
   FOR UPDATE;

-- name: load_redemptions
-- Redemptions with their coupons, by redemption, by code, or by an order that named the coupon before or gave it.
SELECT redemption.redemption_id, redemption.member_id, redemption.account_id, redemption.entry, redemption.rule_id,
       redemption.rule_version, redemption.state, redemption.delayed, redemption.points, redemption.value_minor,
       redemption.currency, redemption.stock_minor, redemption.channel, redemption.day, redemption.code,
       redemption.token, redemption.expires_at, redemption.created_at, redemption.updated_at,
       redemption.points_back, redemption.third_party_id, redemption.third_party_rule_id,
       coupon.state AS coupon_state, coupon.order_id
  FROM redemption
  JOIN coupon
    ON coupon.merchant_id = $1 AND coupon.code = upper(redemption.code)
 WHERE redemption.merchant_id = $1
   AND redemption.redemption_id = ANY (ARRAY(
       SELECT unnest($2::bigint[])
        UNION ALL
       SELECT named.redemption_id FROM coupon AS named WHERE named.merchant_id = $1 AND named.code = ANY ($3::text[])
        UNION ALL
       SELECT named.redemption_id
         FROM shop_order
        CROSS JOIN LATERAL unnest(shop_order.codes) AS before (code)
         JOIN coupon AS named
           ON named.merchant_id = $1 AND named.code = before.code
        WHERE shop_order.merchant_id = $1 AND shop_order.order_id = ANY ($4::text[])
        UNION ALL
       SELECT award.redemption_id
         FROM unnest($4::text[]) AS asked (order_id)
         JOIN award
           ON award.merchant_id = $1 AND award.subject = 'order:' || asked.order_id
        WHERE award.redemption_id IS NOT NULL
   ));

-- The statements from here on check and write a batch, together with those of the books: $1 is the merchant, $2 the
-- time, and $3 the rows as JSON.

-- name: check_rules
-- The rules that a batch took from memory, those apart that have another version meanwhile.
SELECT redemption_rule.rule_id
  FROM json_to_recordset($3::json) AS seen (rule_id bigint, version integer)
  JOIN redemption_rule
    ON redemption_rule.merchant_id = $1 AND redemption_rule.rule_id = seen.rule_id
   AND redemption_rule.version = seen.version;

-- name: save_usage
-- How much each member has used of a rule, now.
INSERT INTO redemption_usage (merchant_id, member_id, rule_id, redemptions, points, day, day_points)
SELECT $1, member_id, rule_id, redemptions, points, day, day_points
  FROM json_to_recordset($3::json) AS new (
           member_id bigint, rule_id bigint, redemptions bigint, points bigint, day date, day_points bigint
       )
    ON CONFLICT ON CONSTRAINT redemption_usage_is_counted_once DO UPDATE
   SET redemptions = excluded.redemptions, points = excluded.points, day = excluded.day,
       day_points = excluded.day_points;

-- name: add_usage
-- What each member has used of a rule, beside what nobody has read. A day before the last day of use is no longer told.
INSERT INTO redemption_usage (merchant_id, member_id, rule_id, redemptions, points, day, day_points)
SELECT $1, member_id, rule_id, redemptions, points, day, day_points
  FROM json_to_recordset($3::json) AS new (
           member_id bigint, rule_id bigint, redemptions bigint, points bigint, day date, day_points bigint
       )
    ON CONFLICT ON CONSTRAINT redemption_usage_is_counted_once DO UPDATE
   SET redemptions = redemption_usage.redemptions + excluded.redemptions,
       points = redemption_usage.points + excluded.points,
       day = greatest(redemption_usage.day, excluded.day),
       day_points = CASE WHEN excluded.day > redemption_usage.day THEN excluded.day_points
                         WHEN excluded.day = redemption_usage.day
                         THEN redemption_usage.day_points + excluded.day_points
                         ELSE redemption_usage.day_points END;

-- name: insert_redemptions
-- New redemptions.
INSERT INTO redemption (
    merchant_id, redemption_id, member_id, account_id, entry, rule_id, rule_version, state, delayed, points,
    value_minor, currency, stock_minor, channel, day, code, token, expires_at, created_at, updated_at, points_back
)
SELECT $1, new.*
  FROM json_to_recordset($3::json) AS new (
           redemption_id bigint, member_id bigint, account_id bigint, entry bigint, rule_id bigint,
           rule_version integer, state text, delayed boolean, points bigint, value_minor bigint, currency text,
           stock_minor bigint, channel text, day date, code text, token text, expires_at timestamptz,
           created_at timestamptz, updated_at timestamptz, points_back bigint
       );

-- name: update_redemptions
-- Redemptions that were issued, captured, returned in part, cancelled or expired.
UPDATE redemption
   SET state = new.state, account_id = new.account_id, entry = new.entry, points_back = new.points_back,
       code = new.code, third_party_id = new.third_party_id, third_party_rule_id = new.third_party_rule_id,
       updated_at = new.updated_at
  FROM json_to_recordset($3::json) AS new (
           redemption_id bigint, state text, account_id bigint, entry bigint, points_back bigint, code text,
           third_party_id text, third_party_rule_id text, updated_at timestamptz
       )
 WHERE redemption.merchant_id = $1 AND redemption.redemption_id = new.redemption_id;

-- name: insert_coupons
-- New codes.
INSERT INTO coupon (merchant_id, code, redemption_id, state, order_id, expires_at)
SELECT $1, code, redemption_id, state, order_id, expires_at
  FROM json_to_recordset($3::json) AS new (
           code text, redemption_id bigint, state text, order_id text, expires_at timestamptz
       );

-- name: update_coupons
-- Codes that were used, named by an order, or made worthless.
UPDATE coupon
   SET state = new.state, order_id = new.order_id
  FROM json_to_recordset($3::json) AS new (code text, state text, order_id text)
 WHERE coupon.merchant_id = $1 AND coupon.code = new.code;

-- name: update_stock
-- What is used of the shared rows that the batch holds locked.
UPDATE redemption_stock
   SET redemptions = new.redemptions, amount_minor = new.amount_minor
  FROM json_to_recordset($3::json) AS new (rule_id bigint, redemptions bigint, amount_minor bigint)
 WHERE redemption_stock.merchant_id = $1 AND redemption_stock.rule_id = new.rule_id;
