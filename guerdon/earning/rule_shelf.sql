-- What evaluation needs beside the books, for a batch of one merchant, under the locks of its accounts.

-- name: find_active_rules
-- The rules of these occasions, each at the version that counts.
SELECT rule_id, version
  FROM earning_rule
 WHERE merchant_id = $1 AND active AND occasion = ANY ($2::text[])
 ORDER BY rule_id;

-- name: load_versions
-- What rules said in these versions.
SELECT wanted.rule_id, wanted.version, earning_rule_version.terms
  FROM unnest($2::bigint[], $3::integer[]) AS wanted (rule_id, version)
  JOIN earning_rule_version
    ON earning_rule_version.merchant_id = $1 AND earning_rule_version.rule_id = wanted.rule_id
   AND earning_rule_version.version = wanted.version;

-- name: load_uses
-- How much members have earned by rules, in these periods.
SELECT used.member_id, used.rule_id, used.period, used.starts_on, used.points, used.times
  FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::date[]) AS wanted (member_id, rule_id, period, starts_on)
  JOIN earning_use AS used
    ON used.merchant_id = $1 AND used.member_id = wanted.member_id AND used.rule_id = wanted.rule_id
   AND used.period = wanted.period AND used.starts_on = wanted.starts_on;

-- name: lock_budgets
-- What all members share of a limited rule: after all accounts, and after the stock of redemption rules.
SELECT rule_id, points, times
  FROM earning_budget
 WHERE merchant_id = $1 AND rule_id = ANY ($2::bigint[])
 ORDER BY rule_id
   FOR UPDATE;

-- The next two write a batch, together with the books: $1 is the merchant, $2 the time, and $3 the rows as JSON.

-- name: save_uses
-- How much each member has earned by a rule in a period, now.
INSERT INTO earning_use (merchant_id, member_id, rule_id, period, starts_on, points, times)
SELECT $1, member_id, rule_id, period, starts_on, points, times
  FROM json_to_recordset($3::json) AS new (
           member_id bigint, rule_id bigint, period text, starts_on date, points bigint, times bigint
       )
    ON CONFLICT ON CONSTRAINT earning_use_is_counted_once DO UPDATE
   SET points = excluded.points, times = excluded.times;

-- name: update_budgets
-- What is used of the shared rows that the batch holds locked.
UPDATE earning_budget
   SET points = new.points, times = new.times
  FROM json_to_recordset($3::json) AS new (rule_id bigint, points bigint, times bigint)
 WHERE earning_budget.merchant_id = $1 AND earning_budget.rule_id = new.rule_id;
