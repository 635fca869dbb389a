-- The books: accounts, lots, entries and holds. Only guerdon/points names these tables.
-- An account numbers its own entries without a gap; a lot and a hold are known by the number of the entry that made them.

CREATE SEQUENCE account_sequence AS bigint;

CREATE TABLE account (
    merchant_id bigint      NOT NULL,
    account_id  bigint      NOT NULL,
    unit        text        NOT NULL,
    issued      bigint      NOT NULL,
    pending     bigint      NOT NULL,
    available   bigint      NOT NULL,
    held        bigint      NOT NULL,
    redeemed    bigint      NOT NULL,
    expired     bigint      NOT NULL,
    reversed    bigint      NOT NULL,
    earned      bigint      NOT NULL,
    entries     bigint      NOT NULL,
    updated_at  timestamptz NOT NULL,
    CONSTRAINT account_is_known_by_id PRIMARY KEY (merchant_id, account_id),
    CONSTRAINT account_has_its_merchant FOREIGN KEY (merchant_id) REFERENCES merchant (merchant_id),
    CONSTRAINT account_sums_to_zero
        CHECK (issued + pending + available + held + redeemed + expired + reversed = 0),
    CONSTRAINT account_only_issues CHECK (issued <= 0),
    CONSTRAINT account_holds_what_it_has
        CHECK (pending >= 0 AND held >= 0 AND redeemed >= 0 AND expired >= 0 AND reversed >= 0)
) WITH (fillfactor = 80);

-- A member has one account for each unit; several members of a household may share one.
CREATE TABLE member_account (
    merchant_id bigint NOT NULL,
    member_id   bigint NOT NULL,
    unit        text   NOT NULL,
    account_id  bigint NOT NULL,
    CONSTRAINT member_has_one_account_a_unit PRIMARY KEY (merchant_id, member_id, unit),
    CONSTRAINT member_account_has_its_member
        FOREIGN KEY (merchant_id, member_id) REFERENCES member (merchant_id, member_id),
    CONSTRAINT member_account_has_its_account
        FOREIGN KEY (merchant_id, account_id) REFERENCES account (merchant_id, account_id)
);

CREATE TABLE lot (
    merchant_id bigint      NOT NULL,
    account_id  bigint      NOT NULL,
    number      bigint      NOT NULL,
    points      bigint      NOT NULL,
    available   bigint      NOT NULL,
    held        bigint      NOT NULL,
    earned_at   timestamptz NOT NULL,
    expires_at  timestamptz,
    live        boolean     NOT NULL GENERATED ALWAYS AS (available > 0) STORED,
    CONSTRAINT lot_is_known_by_its_entry PRIMARY KEY (merchant_id, account_id, number),
    CONSTRAINT lot_has_its_account
        FOREIGN KEY (merchant_id, account_id) REFERENCES account (merchant_id, account_id),
    CONSTRAINT lot_holds_points CHECK (points > 0),
    CONSTRAINT lot_never_overspent CHECK (available >= 0 AND held >= 0 AND available + held <= points)
) WITH (fillfactor = 80);

-- Lots in the order in which they are spent: soonest expiry, then oldest.
CREATE INDEX lot_in_spending_order ON lot (merchant_id, account_id, expires_at, earned_at, number) WHERE live;

CREATE TABLE entry (
    merchant_id  bigint      NOT NULL,
    account_id   bigint      NOT NULL,
    number       bigint      NOT NULL,
    source       text        NOT NULL,
    target       text        NOT NULL,
    points       bigint      NOT NULL,
    source_after bigint      NOT NULL,
    target_after bigint      NOT NULL,
    lot_numbers  bigint[]    NOT NULL,
    lot_points   bigint[]    NOT NULL,
    counted      boolean     NOT NULL,
    reason       text        NOT NULL,
    subject      text        NOT NULL,
    title        text,
    visible      boolean     NOT NULL,
    actor        text        NOT NULL,
    command_id   uuid        NOT NULL,
    occurred_at  timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL,
    CONSTRAINT entry_is_numbered_by_its_account PRIMARY KEY (merchant_id, account_id, number),
    CONSTRAINT entry_has_its_account
        FOREIGN KEY (merchant_id, account_id) REFERENCES account (merchant_id, account_id),
    CONSTRAINT entry_moves_points CHECK (points > 0 AND source <> target),
    CONSTRAINT entry_names_buckets CHECK (
        source IN ('issued', 'pending', 'available', 'held', 'redeemed', 'expired', 'reversed')
        AND target IN ('issued', 'pending', 'available', 'held', 'redeemed', 'expired', 'reversed')
    ),
    CONSTRAINT entry_names_lots_with_points CHECK (cardinality(lot_numbers) = cardinality(lot_points))
);

-- A hold is the entry that set its points aside, until another entry ends it.
CREATE TABLE hold (
    merchant_id bigint      NOT NULL,
    account_id  bigint      NOT NULL,
    number      bigint      NOT NULL,
    state       text        NOT NULL,
    ended_by    bigint,
    expires_at  timestamptz,
    CONSTRAINT hold_is_known_by_its_entry PRIMARY KEY (merchant_id, account_id, number),
    CONSTRAINT hold_has_its_entry
        FOREIGN KEY (merchant_id, account_id, number) REFERENCES entry (merchant_id, account_id, number),
    CONSTRAINT hold_state_is_known CHECK (state IN ('open', 'captured', 'released')),
    CONSTRAINT hold_ends_by_an_entry CHECK ((state = 'open') = (ended_by IS NULL))
);

-- What was answered to a command, kept in the commit of the command: the same key gets the same answer.
CREATE TABLE answer (
    merchant_id bigint      NOT NULL,
    key         text        NOT NULL,
    fingerprint bytea       NOT NULL,
    body        text        NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT answer_is_given_once PRIMARY KEY (merchant_id, key)
);

-- Why something was refused.
CREATE TABLE decision (
    merchant_id bigint      NOT NULL,
    decision_id uuid        NOT NULL,
    command     text        NOT NULL,
    code        text        NOT NULL,
    sentence    text        NOT NULL,
    facts       jsonb       NOT NULL,
    actor       text        NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT decision_is_known_by_id PRIMARY KEY (merchant_id, decision_id)
);

-- What others are told, written in the commit of what it tells of.
CREATE TABLE event (
    merchant_id bigint      NOT NULL,
    event_id    uuid        NOT NULL,
    topic       text        NOT NULL,
    member_id   bigint,
    payload     jsonb       NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT event_is_known_by_id PRIMARY KEY (merchant_id, event_id)
);
