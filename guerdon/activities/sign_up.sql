-- Welcomes that were missed.

-- name: find_owed
-- Whether a rule of this activity was there before $3, and the activity has not been reported.
SELECT EXISTS (
           SELECT
             FROM earning_rule
             JOIN earning_rule_version AS first
               ON first.merchant_id = $1 AND first.rule_id = earning_rule.rule_id AND first.version = 1
            WHERE earning_rule.merchant_id = $1 AND earning_rule.active AND earning_rule.occasion = $2
              AND first.recorded_at < $3
       ) AND NOT EXISTS (
           SELECT FROM activity WHERE merchant_id = $1 AND activity_id = $4
       ) AS is_owed;
