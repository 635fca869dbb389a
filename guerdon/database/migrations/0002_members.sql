-- Members and the identities that find them.

CREATE SEQUENCE member_sequence AS bigint;

CREATE TABLE member (
    merchant_id         bigint      NOT NULL,
    member_id           bigint      NOT NULL,
    status              text        NOT NULL,
    tier_level          integer     NOT NULL,
    tags                text[]      NOT NULL,
    opted_in            boolean,
    opted_in_at         timestamptz,
    first_name          text,
    last_name           text,
    country             text,
    has_account         boolean     NOT NULL,
    platform_created_at timestamptz,
    last_seen_at        timestamptz,
    created_at          timestamptz NOT NULL,
    updated_at          timestamptz NOT NULL,
    CONSTRAINT member_is_known_by_id PRIMARY KEY (merchant_id, member_id),
    CONSTRAINT member_has_its_merchant FOREIGN KEY (merchant_id) REFERENCES merchant (merchant_id),
    CONSTRAINT member_status_is_known CHECK (status IN ('active', 'suspended')),
    CONSTRAINT member_tier_is_not_negative CHECK (tier_level >= 0)
);

-- One value of one kind finds one member of a merchant.
CREATE TABLE identity (
    merchant_id bigint NOT NULL,
    kind        text   NOT NULL,
    value       text   NOT NULL,
    member_id   bigint NOT NULL,
    CONSTRAINT identity_finds_one_member PRIMARY KEY (merchant_id, kind, value),
    CONSTRAINT identity_has_its_member FOREIGN KEY (merchant_id, member_id) REFERENCES member (merchant_id, member_id),
    CONSTRAINT identity_kind_is_known CHECK (kind IN ('email', 'phone', 'external_id', 'pos_account_id', 'card'))
);

CREATE INDEX identity_by_member ON identity (merchant_id, member_id);

CREATE INDEX member_by_update ON member (merchant_id, updated_at, member_id);
