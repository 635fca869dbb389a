-- What earns points, and how much of its caps is used.

CREATE SEQUENCE earning_rule_sequence AS bigint;

-- `occasion` and `active` repeat what the terms of the current version say, so that the rules of an occasion are found.
CREATE TABLE earning_rule (
    merchant_id bigint  NOT NULL,
    rule_id     bigint  NOT NULL,
    version     integer NOT NULL,
    occasion    text    NOT NULL,
    active      boolean NOT NULL,
    CONSTRAINT earning_rule_is_known_by_id PRIMARY KEY (merchant_id, rule_id),
    CONSTRAINT earning_rule_has_its_merchant FOREIGN KEY (merchant_id) REFERENCES merchant (merchant_id)
);

CREATE INDEX earning_rule_by_occasion ON earning_rule (merchant_id, occasion, rule_id) WHERE active;

-- Versions are never edited: an award keeps the terms it was made under. `actor` is who really signed in.
CREATE TABLE earning_rule_version (
    merchant_id bigint      NOT NULL,
    rule_id     bigint      NOT NULL,
    version     integer     NOT NULL,
    terms       jsonb       NOT NULL,
    actor       text        NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT earning_rule_version_is_numbered PRIMARY KEY (merchant_id, rule_id, version),
    CONSTRAINT earning_rule_version_has_its_rule
        FOREIGN KEY (merchant_id, rule_id) REFERENCES earning_rule (merchant_id, rule_id),
    CONSTRAINT earning_rule_version_is_positive CHECK (version > 0)
);

-- How much a member has earned by a rule in a period that the rule caps, which began on this day of the merchant's.
CREATE TABLE earning_use (
    merchant_id bigint NOT NULL,
    member_id   bigint NOT NULL,
    rule_id     bigint NOT NULL,
    period      text   NOT NULL,
    starts_on   date   NOT NULL,
    points      bigint NOT NULL,
    times       bigint NOT NULL,
    CONSTRAINT earning_use_is_counted_once PRIMARY KEY (merchant_id, member_id, rule_id, period, starts_on),
    CONSTRAINT earning_use_period_is_known CHECK (period IN ('day', 'week', 'month', 'year', 'ever')),
    CONSTRAINT earning_use_is_not_negative CHECK (points >= 0 AND times >= 0)
) WITH (fillfactor = 80);

-- What all members together have earned by a rule; there is a row only where the rule limits it. Locked last, after
-- redemption_stock.
CREATE TABLE earning_budget (
    merchant_id bigint NOT NULL,
    rule_id     bigint NOT NULL,
    points      bigint NOT NULL,
    times       bigint NOT NULL,
    CONSTRAINT earning_budget_is_known_by_rule PRIMARY KEY (merchant_id, rule_id),
    CONSTRAINT earning_budget_has_its_rule
        FOREIGN KEY (merchant_id, rule_id) REFERENCES earning_rule (merchant_id, rule_id),
    CONSTRAINT earning_budget_is_not_negative CHECK (points >= 0 AND times >= 0)
) WITH (fillfactor = 50);
