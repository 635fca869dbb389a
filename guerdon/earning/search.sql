-- Lists of earning rules.

-- name: find_rules
-- Earning rules as they stand, newest first, from before a place (created, id) on.
SELECT first.rule_id, now.version, now.terms, first.recorded_at AS created_at, now.recorded_at AS updated_at, now.actor
  FROM earning_rule_version AS first
  JOIN earning_rule
    ON earning_rule.merchant_id = $1 AND earning_rule.rule_id = first.rule_id
  JOIN earning_rule_version AS now
    ON now.merchant_id = $1 AND now.rule_id = first.rule_id AND now.version = earning_rule.version
 WHERE first.merchant_id = $1 AND first.version = 1
   AND ($2::boolean IS NULL OR earning_rule.active = $2)
   AND ($3::text IS NULL OR earning_rule.occasion = $3)
   AND ($4::timestamptz IS NULL OR (first.recorded_at, first.rule_id) < ($4, $5::bigint))
 ORDER BY first.recorded_at DESC, first.rule_id DESC
 LIMIT $6;
