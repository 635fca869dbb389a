-- The numbers of a programme, kept by the merchant's day, so that no page adds up years of entries; and proofs of the
-- books that people asked for.

-- All entries of a merchant, newest first.
CREATE INDEX entry_by_time ON entry (merchant_id, recorded_at, account_id, number);

CREATE INDEX member_by_creation ON member (merchant_id, created_at, member_id);

-- How far the accounts are looked through, in the order of their change, and when that was done last.
CREATE TABLE roll_up (
    merchant_id bigint      NOT NULL,
    changed_at  timestamptz NOT NULL,
    account_id  bigint      NOT NULL,
    looked_at   timestamptz,
    CONSTRAINT roll_up_is_of_one_merchant PRIMARY KEY (merchant_id),
    CONSTRAINT roll_up_has_its_merchant FOREIGN KEY (merchant_id) REFERENCES merchant (merchant_id)
);

-- How many of an account's entries are in the sums. An account numbers its entries without a gap and commits them in
-- order, so that each is added once, however late it comes. `joined` is the first of a month.
CREATE TABLE rolled_account (
    merchant_id bigint NOT NULL,
    account_id  bigint NOT NULL,
    entries     bigint NOT NULL,
    joined      date   NOT NULL,
    CONSTRAINT rolled_account_is_known_by_id PRIMARY KEY (merchant_id, account_id),
    CONSTRAINT rolled_account_has_its_account
        FOREIGN KEY (merchant_id, account_id) REFERENCES account (merchant_id, account_id),
    CONSTRAINT rolled_account_counts_entries CHECK (entries > 0)
) WITH (fillfactor = 80);

-- What entries of a day moved from where to where, and why.
CREATE TABLE points_day (
    merchant_id bigint NOT NULL,
    day         date   NOT NULL,
    source      text   NOT NULL,
    target      text   NOT NULL,
    reason      text   NOT NULL,
    entries     bigint NOT NULL,
    points      bigint NOT NULL,
    CONSTRAINT points_day_is_summed_once PRIMARY KEY (merchant_id, day, source, target, reason)
) WITH (fillfactor = 80);

-- What was taken for a rule's rewards on a day, kept, or came back. The value is that of whole redemptions.
CREATE TABLE reward_day (
    merchant_id bigint NOT NULL,
    day         date   NOT NULL,
    rule_id     bigint NOT NULL,
    currency    text   NOT NULL,
    source      text   NOT NULL,
    target      text   NOT NULL,
    entries     bigint NOT NULL,
    points      bigint NOT NULL,
    value_minor bigint NOT NULL,
    CONSTRAINT reward_day_is_summed_once PRIMARY KEY (merchant_id, day, rule_id, currency, source, target)
) WITH (fillfactor = 80);

-- How many accounts were active on `day` and then not before `next_day`: those with a day in a period and the next one
-- after it are the accounts that were active in the period, each once, whatever the period.
CREATE TABLE active_gap (
    merchant_id bigint NOT NULL,
    day         date   NOT NULL,
    next_day    date   NOT NULL,
    accounts    bigint NOT NULL,
    CONSTRAINT active_gap_is_counted_once PRIMARY KEY (merchant_id, day, next_day),
    CONSTRAINT active_gap_goes_forward CHECK (next_day > day)
) WITH (fillfactor = 80);

-- How many accounts that joined in one month were active in another; both are the first of a month.
CREATE TABLE active_cohort (
    merchant_id bigint NOT NULL,
    joined      date   NOT NULL,
    active      date   NOT NULL,
    accounts    bigint NOT NULL,
    CONSTRAINT active_cohort_is_counted_once PRIMARY KEY (merchant_id, joined, active)
) WITH (fillfactor = 80);

-- Counts of what changes in place, made anew as a whole; of small merchants they are made as they are asked for.
CREATE TABLE tally (
    merchant_id bigint      NOT NULL,
    counted_at  timestamptz NOT NULL,
    took_ms     integer     NOT NULL,
    document    jsonb       NOT NULL,
    CONSTRAINT tally_is_of_one_merchant PRIMARY KEY (merchant_id),
    CONSTRAINT tally_has_its_merchant FOREIGN KEY (merchant_id) REFERENCES merchant (merchant_id),
    CONSTRAINT tally_took_some_time CHECK (took_ms >= 0)
);

-- A proof of the books that somebody asked for. Whoever is at it shows how far it has come, and loses it in time where
-- the process dies.
CREATE SEQUENCE proof_sequence AS bigint;

CREATE TABLE proof (
    merchant_id  bigint      NOT NULL,
    proof_id     bigint      NOT NULL,
    state        text        NOT NULL,
    part         text        NOT NULL,
    done         bigint      NOT NULL,
    total        bigint      NOT NULL,
    findings     jsonb       NOT NULL,
    actor        text        NOT NULL,
    asked_at     timestamptz NOT NULL,
    started_at   timestamptz,
    finished_at  timestamptz,
    worker       text,
    leased_until timestamptz,
    CONSTRAINT proof_is_known_by_id PRIMARY KEY (merchant_id, proof_id),
    CONSTRAINT proof_has_its_merchant FOREIGN KEY (merchant_id) REFERENCES merchant (merchant_id),
    CONSTRAINT proof_state_is_known CHECK (state IN ('waiting', 'running', 'right', 'wrong')),
    CONSTRAINT proof_ends_at_a_time CHECK ((state IN ('right', 'wrong')) = (finished_at IS NOT NULL)),
    CONSTRAINT proof_lease_has_an_end CHECK ((worker IS NULL) = (leased_until IS NULL)),
    CONSTRAINT proof_counts CHECK (done >= 0 AND total >= 0)
);

CREATE INDEX proof_by_time ON proof (merchant_id, asked_at, proof_id);

-- One at a time: who asks while one is under way is shown that one.
CREATE UNIQUE INDEX proof_is_alone ON proof (merchant_id) WHERE state IN ('waiting', 'running');
