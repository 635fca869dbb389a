-- Points that members move and buy, households, members who became one, and members who left for good.

CREATE INDEX account_by_heir ON account (merchant_id, heir) WHERE heir IS NOT NULL;

CREATE INDEX member_by_survivor ON member (merchant_id, merged_into) WHERE merged_into IS NOT NULL;

-- Whose identity it was, where members were merged: their own come before those that they inherited.
ALTER TABLE identity ADD COLUMN merged_from bigint;
ALTER TABLE identity ADD CONSTRAINT identity_comes_from_a_member
    FOREIGN KEY (merchant_id, merged_from) REFERENCES member (merchant_id, member_id);

-- What members may move and buy, and what it costs. Versions are never edited; the last one counts.
CREATE TABLE moving_rule (
    merchant_id bigint      NOT NULL,
    version     integer     NOT NULL,
    terms       jsonb       NOT NULL,
    actor       text        NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT moving_rule_version_is_numbered PRIMARY KEY (merchant_id, version),
    CONSTRAINT moving_rule_has_its_merchant FOREIGN KEY (merchant_id) REFERENCES merchant (merchant_id),
    CONSTRAINT moving_rule_version_is_positive CHECK (version > 0)
);

CREATE SEQUENCE movement_sequence AS bigint;

-- Points that a member gave to another, or bought, for themselves or another. `entry` is of the giver's account, or, of
-- bought points, of the receiver's. A payment buys once.
CREATE TABLE movement (
    merchant_id      bigint      NOT NULL,
    movement_id      bigint      NOT NULL,
    kind             text        NOT NULL,
    sender_id        bigint      NOT NULL,
    receiver_id      bigint      NOT NULL,
    sender_account   bigint      NOT NULL,
    receiver_account bigint      NOT NULL,
    entry            bigint      NOT NULL,
    points           bigint      NOT NULL,
    fee_points       bigint      NOT NULL,
    fee_minor        bigint      NOT NULL,
    price_minor      bigint      NOT NULL,
    currency         text        NOT NULL,
    payment          text,
    note             text,
    rule_version     integer     NOT NULL,
    created_at       timestamptz NOT NULL,
    CONSTRAINT movement_is_known_by_id PRIMARY KEY (merchant_id, movement_id),
    CONSTRAINT movement_has_its_sender
        FOREIGN KEY (merchant_id, sender_id) REFERENCES member (merchant_id, member_id),
    CONSTRAINT movement_has_its_receiver
        FOREIGN KEY (merchant_id, receiver_id) REFERENCES member (merchant_id, member_id),
    CONSTRAINT movement_kind_is_known CHECK (kind IN ('transfer', 'gift', 'purchase')),
    CONSTRAINT movement_moves_points CHECK (points > 0 AND fee_points >= 0 AND fee_minor >= 0 AND price_minor >= 0),
    CONSTRAINT movement_is_bought_by_a_payment CHECK ((kind = 'purchase') = (payment IS NOT NULL))
);

CREATE UNIQUE INDEX movement_payment_buys_once ON movement (merchant_id, payment) WHERE payment IS NOT NULL;

CREATE INDEX movement_by_sender ON movement (merchant_id, sender_id, created_at, movement_id);

CREATE INDEX movement_by_receiver ON movement (merchant_id, receiver_id, created_at, movement_id);

-- How much a member has moved and bought in a calendar year of the merchant's.
CREATE TABLE moving_usage (
    merchant_id       bigint  NOT NULL,
    member_id         bigint  NOT NULL,
    year              integer NOT NULL,
    transferred       bigint  NOT NULL,
    gifted            bigint  NOT NULL,
    bought            bigint  NOT NULL,
    bought_for_others bigint  NOT NULL,
    received          bigint  NOT NULL,
    CONSTRAINT moving_usage_is_counted_by_year PRIMARY KEY (merchant_id, member_id, year),
    CONSTRAINT moving_usage_is_not_negative
        CHECK (transferred >= 0 AND gifted >= 0 AND bought >= 0 AND bought_for_others >= 0 AND received >= 0)
);

CREATE SEQUENCE household_sequence AS bigint;

-- Members who share one account, the household's.
CREATE TABLE household (
    merchant_id  bigint      NOT NULL,
    household_id bigint      NOT NULL,
    account_id   bigint      NOT NULL,
    name         text        NOT NULL,
    created_at   timestamptz NOT NULL,
    dissolved_at timestamptz,
    CONSTRAINT household_is_known_by_id PRIMARY KEY (merchant_id, household_id)
);

-- `own_account_id` was the member's before and is again afterwards; `followers` are the accounts whose heir it was.
CREATE TABLE household_member (
    merchant_id    bigint      NOT NULL,
    household_id   bigint      NOT NULL,
    member_id      bigint      NOT NULL,
    joined_at      timestamptz NOT NULL,
    left_at        timestamptz,
    role           text        NOT NULL,
    own_account_id bigint      NOT NULL,
    followers      bigint[]    NOT NULL,
    CONSTRAINT household_member_joins PRIMARY KEY (merchant_id, household_id, member_id, joined_at),
    CONSTRAINT household_member_has_its_household
        FOREIGN KEY (merchant_id, household_id) REFERENCES household (merchant_id, household_id),
    CONSTRAINT household_member_is_a_member
        FOREIGN KEY (merchant_id, member_id) REFERENCES member (merchant_id, member_id),
    CONSTRAINT household_member_role_is_known CHECK (role IN ('owner', 'member'))
);

CREATE UNIQUE INDEX household_member_is_in_one ON household_member (merchant_id, member_id) WHERE left_at IS NULL;

CREATE SEQUENCE merge_sequence AS bigint;

-- A member (`member_id`) became another (`survivor_id`). `document` has what undoing it needs.
CREATE TABLE merge (
    merchant_id    bigint      NOT NULL,
    merge_id       bigint      NOT NULL,
    member_id      bigint      NOT NULL,
    survivor_id    bigint      NOT NULL,
    state          text        NOT NULL,
    document       jsonb       NOT NULL,
    actor          text        NOT NULL,
    created_at     timestamptz NOT NULL,
    undoable_until timestamptz NOT NULL,
    undone_at      timestamptz,
    CONSTRAINT merge_is_known_by_id PRIMARY KEY (merchant_id, merge_id),
    CONSTRAINT merge_has_its_member FOREIGN KEY (merchant_id, member_id) REFERENCES member (merchant_id, member_id),
    CONSTRAINT merge_has_its_survivor
        FOREIGN KEY (merchant_id, survivor_id) REFERENCES member (merchant_id, member_id),
    CONSTRAINT merge_state_is_known CHECK (state IN ('done', 'undone', 'final')),
    CONSTRAINT merge_is_undone_at_a_time CHECK ((state = 'undone') = (undone_at IS NOT NULL))
);

CREATE INDEX merge_by_member ON merge (merchant_id, member_id, created_at);

CREATE INDEX merge_by_survivor ON merge (merchant_id, survivor_id, created_at);

-- Members who were erased: by whom, when, and what became of their points.
CREATE TABLE erasure (
    merchant_id bigint      NOT NULL,
    member_id   bigint      NOT NULL,
    actor       text        NOT NULL,
    points      bigint      NOT NULL,
    pending     bigint      NOT NULL,
    released    bigint      NOT NULL,
    at          timestamptz NOT NULL,
    CONSTRAINT erasure_happens_once PRIMARY KEY (merchant_id, member_id),
    CONSTRAINT erasure_has_its_member FOREIGN KEY (merchant_id, member_id) REFERENCES member (merchant_id, member_id)
);
