-- Codes that are not ours: those of uploaded pools, and those that a merchant's own URL makes.

ALTER TABLE redemption ADD COLUMN third_party_id text;
ALTER TABLE redemption ADD COLUMN third_party_rule_id text;
ALTER TABLE redemption DROP CONSTRAINT redemption_state_is_known;
ALTER TABLE redemption ADD CONSTRAINT redemption_state_is_known
    CHECK (state IN ('asked', 'held', 'captured', 'redeemed', 'cancelled', 'expired'));

CREATE INDEX redemption_of_third_party ON redemption (merchant_id, third_party_id) WHERE third_party_id IS NOT NULL;

-- Coupons have an end whether or not points are held for them: it is found by the coupon, which knows if it was used.
ALTER TABLE coupon ADD COLUMN expires_at timestamptz;
ALTER TABLE coupon DROP CONSTRAINT coupon_state_is_known;
ALTER TABLE coupon ADD CONSTRAINT coupon_state_is_known
    CHECK (state IN ('asked', 'issued', 'used', 'void', 'expired'));

UPDATE coupon
   SET expires_at = redemption.expires_at
  FROM redemption
 WHERE redemption.merchant_id = coupon.merchant_id AND redemption.redemption_id = coupon.redemption_id
   AND coupon.state = 'issued' AND redemption.expires_at IS NOT NULL;

CREATE INDEX coupon_lives_until ON coupon (merchant_id, expires_at)
 WHERE state IN ('asked', 'issued') AND expires_at IS NOT NULL;
DROP INDEX redemption_held_until;

-- A pool of codes. Its lock is what those wait behind who find too few codes, and all whose rule has a threshold: the
-- lowest one that was told since the pool was last above it is `told`.
CREATE TABLE pool (
    merchant_id bigint NOT NULL,
    rule_id     bigint NOT NULL,
    told        integer,
    CONSTRAINT pool_is_of_one_rule PRIMARY KEY (merchant_id, rule_id),
    CONSTRAINT pool_has_its_rule
        FOREIGN KEY (merchant_id, rule_id) REFERENCES redemption_rule (merchant_id, rule_id)
);

-- An uploaded code: `code` as it is compared, `written` as it was uploaded. It is unused until a redemption has it, and
-- never again.
CREATE TABLE pool_code (
    merchant_id   bigint      NOT NULL,
    code          text        NOT NULL,
    rule_id       bigint      NOT NULL,
    written       text        NOT NULL,
    redemption_id bigint,
    uploaded_at   timestamptz NOT NULL,
    CONSTRAINT pool_code_is_uploaded_once PRIMARY KEY (merchant_id, code),
    CONSTRAINT pool_code_has_its_pool FOREIGN KEY (merchant_id, rule_id) REFERENCES pool (merchant_id, rule_id),
    CONSTRAINT pool_code_has_its_redemption
        FOREIGN KEY (merchant_id, redemption_id) REFERENCES redemption (merchant_id, redemption_id),
    CONSTRAINT pool_code_is_compared_in_upper_case CHECK (code = upper(written))
);

CREATE INDEX pool_code_in_order ON pool_code (merchant_id, rule_id, uploaded_at, code) WHERE redemption_id IS NULL;
CREATE UNIQUE INDEX pool_code_is_of_one_redemption ON pool_code (merchant_id, redemption_id)
 WHERE redemption_id IS NOT NULL;

-- What a merchant's coupon URLs are told beside the code, so that they know who asks.
CREATE TABLE callback_secret (
    merchant_id bigint NOT NULL,
    rule_id     bigint NOT NULL,
    secret      text   NOT NULL,
    CONSTRAINT callback_secret_is_of_one_rule PRIMARY KEY (merchant_id, rule_id),
    CONSTRAINT callback_secret_has_its_rule
        FOREIGN KEY (merchant_id, rule_id) REFERENCES redemption_rule (merchant_id, rule_id)
);

-- What a merchant is to be asked for the coupon of a redemption: to make it, or to take it back. `code` is the one that
-- we propose. Waiting ones are due, or taken up again, at `next_attempt_at`.
CREATE TABLE callback (
    merchant_id     bigint      NOT NULL,
    redemption_id   bigint      NOT NULL,
    kind            text        NOT NULL,
    rule_id         bigint      NOT NULL,
    code            text        NOT NULL,
    state           text        NOT NULL,
    given_for       text,
    outcome         text,
    attempts        integer     NOT NULL,
    next_attempt_at timestamptz NOT NULL,
    status          integer,
    response        text,
    asked_at        timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    CONSTRAINT callback_is_made_once_of_a_kind PRIMARY KEY (merchant_id, redemption_id, kind),
    CONSTRAINT callback_has_its_redemption
        FOREIGN KEY (merchant_id, redemption_id) REFERENCES redemption (merchant_id, redemption_id),
    CONSTRAINT callback_kind_is_known CHECK (kind IN ('create', 'cancel')),
    CONSTRAINT callback_state_is_known CHECK (state IN ('waiting', 'done', 'given_up')),
    CONSTRAINT callback_counts_attempts CHECK (attempts >= 0)
);

CREATE INDEX callback_due ON callback (merchant_id, next_attempt_at) WHERE state = 'waiting';
