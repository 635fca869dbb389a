-- What is made of each redemption rule; its redemptions in time are found by redemption_by_rule.

-- Redemptions that are still to come to something, and keep the version of their rule.
CREATE INDEX redemption_open_of_rule ON redemption (merchant_id, rule_id, rule_version)
 WHERE state IN ('asked', 'held');

-- All codes of a pool in their order, handed out or not.
CREATE INDEX pool_code_of_rule ON pool_code (merchant_id, rule_id, uploaded_at, code) INCLUDE (redemption_id);
