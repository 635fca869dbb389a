-- What points buy, and what was bought.

CREATE SEQUENCE redemption_rule_sequence AS bigint;

CREATE TABLE redemption_rule (
    merchant_id bigint      NOT NULL,
    rule_id     bigint      NOT NULL,
    version     integer     NOT NULL,
    locked_by   bigint,
    locked_at   timestamptz,
    CONSTRAINT redemption_rule_is_known_by_id PRIMARY KEY (merchant_id, rule_id),
    CONSTRAINT redemption_rule_has_its_merchant FOREIGN KEY (merchant_id) REFERENCES merchant (merchant_id),
    CONSTRAINT redemption_rule_lock_has_its_time CHECK ((locked_by IS NULL) = (locked_at IS NULL))
);

-- Versions are never edited: a redemption keeps the terms it was made under. `actor` is who really signed in.
CREATE TABLE redemption_rule_version (
    merchant_id bigint      NOT NULL,
    rule_id     bigint      NOT NULL,
    version     integer     NOT NULL,
    terms       jsonb       NOT NULL,
    actor       text        NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT redemption_rule_version_is_numbered PRIMARY KEY (merchant_id, rule_id, version),
    CONSTRAINT redemption_rule_version_has_its_rule
        FOREIGN KEY (merchant_id, rule_id) REFERENCES redemption_rule (merchant_id, rule_id),
    CONSTRAINT redemption_rule_version_is_positive CHECK (version > 0)
);

-- What all members share of a rule; there is a row only where the rule limits it. Locked last.
CREATE TABLE redemption_stock (
    merchant_id    bigint NOT NULL,
    rule_id        bigint NOT NULL,
    redemptions    bigint NOT NULL,
    amount_minor   bigint NOT NULL,
    CONSTRAINT redemption_stock_is_known_by_rule PRIMARY KEY (merchant_id, rule_id),
    CONSTRAINT redemption_stock_has_its_rule
        FOREIGN KEY (merchant_id, rule_id) REFERENCES redemption_rule (merchant_id, rule_id),
    CONSTRAINT redemption_stock_counts_use CHECK (redemptions >= 0 AND amount_minor >= 0)
);

-- How much of a rule a member has used: for ever, and on the last day of use in the merchant's zone.
CREATE TABLE redemption_usage (
    merchant_id bigint  NOT NULL,
    member_id   bigint  NOT NULL,
    rule_id     bigint  NOT NULL,
    redemptions bigint  NOT NULL,
    points      bigint  NOT NULL,
    day         date    NOT NULL,
    day_points  bigint  NOT NULL,
    CONSTRAINT redemption_usage_is_counted_once PRIMARY KEY (merchant_id, member_id, rule_id),
    CONSTRAINT redemption_usage_is_not_negative CHECK (redemptions >= 0 AND points >= 0 AND day_points >= 0)
) WITH (fillfactor = 80);

CREATE SEQUENCE redemption_sequence AS bigint;

CREATE TABLE redemption (
    merchant_id   bigint      NOT NULL,
    redemption_id bigint      NOT NULL,
    member_id     bigint      NOT NULL,
    account_id    bigint      NOT NULL,
    entry         bigint      NOT NULL,
    rule_id       bigint      NOT NULL,
    rule_version  integer     NOT NULL,
    state         text        NOT NULL,
    delayed       boolean     NOT NULL,
    points        bigint      NOT NULL,
    value_minor   bigint      NOT NULL,
    currency      text        NOT NULL,
    stock_minor   bigint      NOT NULL,
    channel       text        NOT NULL,
    day           date        NOT NULL,
    code          text        NOT NULL,
    token         text        NOT NULL,
    expires_at    timestamptz,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    CONSTRAINT redemption_is_known_by_id PRIMARY KEY (merchant_id, redemption_id),
    CONSTRAINT redemption_state_is_known CHECK (state IN ('held', 'captured', 'redeemed', 'cancelled', 'expired')),
    CONSTRAINT redemption_takes_points CHECK (points > 0),
    CONSTRAINT redemption_gives_value CHECK (value_minor >= 0 AND stock_minor >= 0)
);

CREATE INDEX redemption_by_member ON redemption (merchant_id, member_id, created_at, redemption_id);

-- The holds that time will end.
CREATE INDEX redemption_held_until ON redemption (merchant_id, expires_at) WHERE state = 'held';

-- A code is unique within its merchant, compared without case: it is stored as it is compared.
CREATE TABLE coupon (
    merchant_id   bigint      NOT NULL,
    code          text        NOT NULL,
    redemption_id bigint      NOT NULL,
    state         text        NOT NULL,
    order_id      text,
    CONSTRAINT coupon_code_is_given_once PRIMARY KEY (merchant_id, code),
    CONSTRAINT coupon_has_its_redemption
        FOREIGN KEY (merchant_id, redemption_id) REFERENCES redemption (merchant_id, redemption_id),
    CONSTRAINT coupon_state_is_known CHECK (state IN ('issued', 'used', 'void', 'expired')),
    CONSTRAINT coupon_code_is_upper_case CHECK (code = upper(code)),
    CONSTRAINT coupon_is_used_by_an_order CHECK (state <> 'used' OR order_id IS NOT NULL)
);

-- What a shop reports as sold. `document` is the order as it was last received.
CREATE TABLE shop_order (
    merchant_id  bigint      NOT NULL,
    order_id     text        NOT NULL,
    member_id    bigint      NOT NULL,
    status       text        NOT NULL,
    total_minor  bigint      NOT NULL,
    currency     text        NOT NULL,
    codes        text[]      NOT NULL,
    flags        text[]      NOT NULL,
    document     jsonb       NOT NULL,
    placed_at    timestamptz NOT NULL,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    CONSTRAINT shop_order_is_known_by_id PRIMARY KEY (merchant_id, order_id),
    CONSTRAINT shop_order_has_its_member
        FOREIGN KEY (merchant_id, member_id) REFERENCES member (merchant_id, member_id),
    CONSTRAINT shop_order_total_is_not_negative CHECK (total_minor >= 0)
);

CREATE INDEX shop_order_by_member ON shop_order (merchant_id, member_id, placed_at, order_id);
