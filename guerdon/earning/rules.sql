-- Earning rules and their versions.

-- name: insert_rule
-- A new rule at its first version.
INSERT INTO earning_rule (merchant_id, rule_id, version, occasion, active) VALUES ($1, $2, 1, $3, $4);

-- name: insert_version
-- What the rule says in this version; who signed in; when.
INSERT INTO earning_rule_version (merchant_id, rule_id, version, terms, actor, recorded_at)
VALUES ($1, $2, $3, $4, $5, $6);

-- name: lock_rule
-- One change of a rule at a time.
SELECT version FROM earning_rule WHERE merchant_id = $1 AND rule_id = $2 FOR UPDATE;

-- name: advance_rule
-- Let the new version count.
UPDATE earning_rule SET version = $3, occasion = $4, active = $5 WHERE merchant_id = $1 AND rule_id = $2;

-- name: keep_budget
-- A limited rule counts what all members earn by it together, from its first version with a limit on.
INSERT INTO earning_budget (merchant_id, rule_id, points, times)
VALUES ($1, $2, 0, 0)
    ON CONFLICT ON CONSTRAINT earning_budget_is_known_by_rule DO NOTHING;

-- name: get_rules
-- Rules by id, or all of a merchant where no ids are given, as they stand.
SELECT earning_rule.rule_id, earning_rule.version, now.terms, first.recorded_at AS created_at,
       now.recorded_at AS updated_at, now.actor
  FROM earning_rule
  JOIN earning_rule_version AS now
    ON now.merchant_id = $1 AND now.rule_id = earning_rule.rule_id AND now.version = earning_rule.version
  JOIN earning_rule_version AS first
    ON first.merchant_id = $1 AND first.rule_id = earning_rule.rule_id AND first.version = 1
 WHERE earning_rule.merchant_id = $1 AND ($2::bigint[] IS NULL OR earning_rule.rule_id = ANY ($2::bigint[]))
 ORDER BY earning_rule.rule_id;

-- name: find_merchant_of_rule
-- An operator who works for several merchants names a rule by its id alone, and ids come from one sequence.
SELECT merchant_id
  FROM earning_rule
 WHERE merchant_id = ANY ($1::bigint[]) AND rule_id = $2
 ORDER BY merchant_id
 LIMIT 1;

-- name: get_versions
-- All that a rule ever said, newest first.
SELECT version, terms, actor, recorded_at
  FROM earning_rule_version
 WHERE merchant_id = $1 AND rule_id = $2
 ORDER BY version DESC;

-- name: get_budgets
-- How much of each limited rule is used, without a lock.
SELECT rule_id, points, times FROM earning_budget WHERE merchant_id = $1 ORDER BY rule_id;
