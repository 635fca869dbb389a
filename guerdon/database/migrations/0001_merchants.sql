-- Merchants, and who may speak for them.
-- A reference table (operator) apart, merchant_id comes first in every key, so that the schema distributes by it.

CREATE SEQUENCE merchant_sequence AS bigint START 1000;

CREATE TABLE merchant (
    merchant_id bigint      NOT NULL,
    guid        uuid        NOT NULL,
    name        text        NOT NULL,
    currency    text        NOT NULL,
    timezone    text        NOT NULL,
    policies    jsonb       NOT NULL,
    created_at  timestamptz NOT NULL,
    CONSTRAINT merchant_is_known_by_id PRIMARY KEY (merchant_id),
    CONSTRAINT merchant_id_is_positive CHECK (merchant_id > 0),
    CONSTRAINT merchant_currency_is_a_code CHECK (currency ~ '^[A-Z]{3}$')
);

-- Currencies that the merchant takes beside its base currency: one unit of the base is worth `rate` of this.
CREATE TABLE merchant_currency (
    merchant_id bigint  NOT NULL,
    currency    text    NOT NULL,
    rate        numeric NOT NULL,
    CONSTRAINT merchant_takes_a_currency_once PRIMARY KEY (merchant_id, currency),
    CONSTRAINT merchant_currency_has_its_merchant FOREIGN KEY (merchant_id) REFERENCES merchant (merchant_id),
    CONSTRAINT rate_is_positive CHECK (rate > 0)
);

CREATE SEQUENCE api_key_sequence AS bigint;

CREATE TABLE api_key (
    merchant_id bigint      NOT NULL,
    key_id      bigint      NOT NULL,
    name        text        NOT NULL,
    secret_hash bytea       NOT NULL,
    hint        text        NOT NULL,
    scopes      text[]      NOT NULL,
    created_at  timestamptz NOT NULL,
    revoked_at  timestamptz,
    CONSTRAINT api_key_is_known_by_id PRIMARY KEY (merchant_id, key_id),
    CONSTRAINT api_key_secret_is_its_own UNIQUE (merchant_id, secret_hash),
    CONSTRAINT api_key_has_its_merchant FOREIGN KEY (merchant_id) REFERENCES merchant (merchant_id)
);

CREATE SEQUENCE operator_sequence AS bigint;

-- People sign in by username alone, before any merchant is known: a small reference table, the same on every node.
CREATE TABLE operator (
    operator_id   bigint      NOT NULL,
    username      text        NOT NULL,
    password_hash text        NOT NULL,
    created_at    timestamptz NOT NULL,
    disabled_at   timestamptz,
    CONSTRAINT operator_is_known_by_id PRIMARY KEY (operator_id),
    CONSTRAINT operator_username_is_its_own UNIQUE (username)
);

CREATE TABLE operator_role (
    merchant_id bigint NOT NULL,
    operator_id bigint NOT NULL,
    role        text   NOT NULL,
    CONSTRAINT operator_has_one_role_a_merchant PRIMARY KEY (merchant_id, operator_id),
    CONSTRAINT operator_role_has_its_merchant FOREIGN KEY (merchant_id) REFERENCES merchant (merchant_id),
    CONSTRAINT operator_role_has_its_operator FOREIGN KEY (operator_id) REFERENCES operator (operator_id),
    CONSTRAINT operator_role_is_known
        CHECK (role IN ('owner', 'manager', 'support', 'finance', 'developer', 'read_only'))
);
