-- Redemption rules and their versions.

-- name: insert_rule
-- A new rule at its first version.
INSERT INTO redemption_rule (merchant_id, rule_id, version) VALUES ($1, $2, 1);

-- name: insert_version
-- What the rule says in this version; who signed in; when.
INSERT INTO redemption_rule_version (merchant_id, rule_id, version, terms, actor, recorded_at)
VALUES ($1, $2, $3, $4, $5, $6);

-- name: lock_rule
-- One change of a rule at a time.
SELECT version FROM redemption_rule WHERE merchant_id = $1 AND rule_id = $2 FOR UPDATE;

-- name: advance_rule
-- Let the new version count.
UPDATE redemption_rule SET version = $3 WHERE merchant_id = $1 AND rule_id = $2;

-- name: keep_stock
-- A limited rule counts what all members use of it together; what is used stays counted when the limit changes.
INSERT INTO redemption_stock (merchant_id, rule_id, redemptions, amount_minor)
SELECT $1, $2, count(*), coalesce(sum(stock_minor), 0)
  FROM redemption
 WHERE merchant_id = $1 AND rule_id = $2 AND state IN ('asked', 'held', 'captured', 'redeemed') AND entry > 0
    ON CONFLICT ON CONSTRAINT redemption_stock_is_known_by_rule DO NOTHING;

-- name: keep_pool
-- A rule whose codes are uploaded has a pool from then on.
INSERT INTO pool (merchant_id, rule_id, told)
VALUES ($1, $2, NULL)
    ON CONFLICT ON CONSTRAINT pool_is_of_one_rule DO NOTHING;

-- name: keep_secret
-- What the rule's coupon URLs are told from now on.
INSERT INTO callback_secret (merchant_id, rule_id, secret)
VALUES ($1, $2, $3)
    ON CONFLICT ON CONSTRAINT callback_secret_is_of_one_rule DO UPDATE
   SET secret = excluded.secret;

-- name: get_rules
-- Rules by id, or all of a merchant where no ids are given, as they stand.
SELECT redemption_rule.rule_id, redemption_rule.version, now.terms, first.recorded_at AS created_at,
       now.recorded_at AS updated_at, now.actor
  FROM redemption_rule
  JOIN redemption_rule_version AS now
    ON now.merchant_id = $1 AND now.rule_id = redemption_rule.rule_id AND now.version = redemption_rule.version
  JOIN redemption_rule_version AS first
    ON first.merchant_id = $1 AND first.rule_id = redemption_rule.rule_id AND first.version = 1
 WHERE redemption_rule.merchant_id = $1 AND ($2::bigint[] IS NULL OR redemption_rule.rule_id = ANY ($2::bigint[]))
 ORDER BY redemption_rule.rule_id;

-- name: find_merchant_of_rule
-- An operator who works for several merchants names a rule by its id alone, and ids come from one sequence.
SELECT merchant_id
  FROM redemption_rule
 WHERE merchant_id = ANY ($1::bigint[]) AND rule_id = $2
 ORDER BY merchant_id
 LIMIT 1;

-- name: get_versions
-- All that a rule ever said, newest first.
SELECT version, terms, actor, recorded_at
  FROM redemption_rule_version
 WHERE merchant_id = $1 AND rule_id = $2
 ORDER BY version DESC;

-- name: get_usage
-- How much of each rule these members have used.
SELECT member_id, rule_id, redemptions, points, day, day_points
  FROM redemption_usage
 WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[]);

-- name: get_stock
-- How much of each limited rule is used.
SELECT rule_id, redemptions, amount_minor FROM redemption_stock WHERE merchant_id = $1;

-- name: list_next_codes
-- Which pools have codes to give: the next of each.
SELECT pool.rule_id, next.written
  FROM pool
 CROSS JOIN LATERAL (
       SELECT written
         FROM pool_code
        WHERE pool_code.merchant_id = $1 AND pool_code.rule_id = pool.rule_id AND pool_code.redemption_id IS NULL
        ORDER BY uploaded_at, code
        LIMIT 1
       ) AS next
 WHERE pool.merchant_id = $1 AND pool.rule_id = ANY ($2::bigint[]);
