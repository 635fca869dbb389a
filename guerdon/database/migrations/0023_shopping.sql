-- Lists of rules, coupons, decisions, orders, returns and activities.

-- A rule is as old as its first version.
CREATE INDEX redemption_rule_version_first ON redemption_rule_version (merchant_id, recorded_at, rule_id)
 WHERE version = 1;

CREATE INDEX earning_rule_version_first ON earning_rule_version (merchant_id, recorded_at, rule_id) WHERE version = 1;

CREATE INDEX decision_by_time ON decision (merchant_id, recorded_at, decision_id);

CREATE INDEX decision_by_code ON decision (merchant_id, code, recorded_at, decision_id);

-- Orders that are only awaited are in no list.
CREATE INDEX shop_order_by_time ON shop_order (merchant_id, placed_at, order_id) WHERE member_id IS NOT NULL;

CREATE INDEX shop_return_by_time ON shop_return (merchant_id, created_at, return_id);

CREATE INDEX activity_by_time ON activity (merchant_id, occurred_at, activity_id);
