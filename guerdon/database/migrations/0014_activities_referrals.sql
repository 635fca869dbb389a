-- Activities, adjustments that a second person decides, birthdays and anniversaries, referrals.

CREATE SEQUENCE adjustment_sequence AS bigint;

CREATE SEQUENCE referral_sequence AS bigint;

-- What a member did, known by the id that its reporter gave it. `evaluation` says what each rule gave, or why nothing;
-- `waiting` are the rules (id, version) whose awards an operator decides.
CREATE TABLE activity (
    merchant_id     bigint      NOT NULL,
    activity_id     text        NOT NULL,
    member_id       bigint      NOT NULL,
    name            text        NOT NULL,
    state           text        NOT NULL,
    points_said     bigint,
    title           text,
    points          bigint      NOT NULL,
    waiting_rules   bigint[]    NOT NULL,
    waiting_versions integer[]  NOT NULL,
    evaluation      jsonb       NOT NULL,
    document        jsonb       NOT NULL,
    actor           text        NOT NULL,
    decided_by      text,
    decision        text,
    decided_at      timestamptz,
    occurred_at     timestamptz NOT NULL,
    created_at      timestamptz NOT NULL,
    CONSTRAINT activity_is_known_by_id PRIMARY KEY (merchant_id, activity_id),
    CONSTRAINT activity_has_its_member FOREIGN KEY (merchant_id, member_id) REFERENCES member (merchant_id, member_id),
    CONSTRAINT activity_state_is_known CHECK (state IN ('done', 'waiting', 'approved', 'rejected')),
    CONSTRAINT activity_waits_for_rules_in_versions CHECK (cardinality(waiting_rules) = cardinality(waiting_versions)),
    CONSTRAINT activity_is_decided_by_somebody CHECK ((state IN ('approved', 'rejected')) = (decided_by IS NOT NULL))
);

CREATE INDEX activity_by_member ON activity (merchant_id, member_id, occurred_at, activity_id);

CREATE INDEX activity_waiting ON activity (merchant_id, created_at, activity_id) WHERE state = 'waiting';

-- Whoever signed up once, by a digest of each identity: it outlives the person, so that nobody is welcomed twice.
CREATE TABLE sign_up_mark (
    merchant_id bigint      NOT NULL,
    mark        text        NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT sign_up_mark_is_left_once PRIMARY KEY (merchant_id, mark)
);

-- An adjustment of more points than one person may decide.
CREATE TABLE adjustment (
    merchant_id   bigint      NOT NULL,
    adjustment_id bigint      NOT NULL,
    member_id     bigint      NOT NULL,
    state         text        NOT NULL,
    change        jsonb       NOT NULL,
    note          text,
    proposer      text        NOT NULL,
    proposed_at   timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    decided_by    text,
    decided_at    timestamptz,
    decision      text,
    entry         bigint,
    CONSTRAINT adjustment_is_known_by_id PRIMARY KEY (merchant_id, adjustment_id),
    CONSTRAINT adjustment_has_its_member
        FOREIGN KEY (merchant_id, member_id) REFERENCES member (merchant_id, member_id),
    CONSTRAINT adjustment_state_is_known CHECK (state IN ('proposed', 'approved', 'refused')),
    CONSTRAINT adjustment_is_decided_by_somebody CHECK ((state = 'proposed') = (decided_by IS NULL)),
    CONSTRAINT adjustment_is_approved_by_another CHECK (state <> 'approved' OR decided_by <> proposer),
    CONSTRAINT adjustment_is_booked_when_approved CHECK ((state = 'approved') = (entry IS NOT NULL))
);

CREATE INDEX adjustment_by_time ON adjustment (merchant_id, proposed_at, adjustment_id);

CREATE INDEX adjustment_by_member ON adjustment (merchant_id, member_id, proposed_at, adjustment_id);

-- Days that come again each year.
CREATE TABLE celebration (
    merchant_id bigint      NOT NULL,
    member_id   bigint      NOT NULL,
    kind        text        NOT NULL,
    month       integer     NOT NULL,
    day         integer     NOT NULL,
    year        integer,
    updated_at  timestamptz NOT NULL,
    CONSTRAINT celebration_is_once_a_year PRIMARY KEY (merchant_id, member_id, kind),
    CONSTRAINT celebration_has_its_member
        FOREIGN KEY (merchant_id, member_id) REFERENCES member (merchant_id, member_id),
    CONSTRAINT celebration_kind_is_known CHECK (kind IN ('birthday', 'anniversary')),
    CONSTRAINT celebration_is_a_day CHECK (month BETWEEN 1 AND 12 AND day BETWEEN 1 AND 31)
);

CREATE INDEX celebration_by_day ON celebration (merchant_id, month, day, member_id, kind);

-- How a member is named by friends. Merged members bring their codes with them: the oldest is the one that is shown.
CREATE TABLE referral_code (
    merchant_id bigint      NOT NULL,
    code        text        NOT NULL,
    member_id   bigint      NOT NULL,
    created_at  timestamptz NOT NULL,
    CONSTRAINT referral_code_names_one_member PRIMARY KEY (merchant_id, code),
    CONSTRAINT referral_code_has_its_member
        FOREIGN KEY (merchant_id, member_id) REFERENCES member (merchant_id, member_id),
    CONSTRAINT referral_code_is_upper_case CHECK (code = upper(code))
);

CREATE INDEX referral_code_by_member ON referral_code (merchant_id, member_id, created_at, code);

-- A member (`member_id`) and a friend. `friend_email` is where they were told of the shop, before they were anybody here;
-- `friend_alias` is the same in the one form of all addresses that reach one mailbox.
CREATE TABLE referral (
    merchant_id  bigint      NOT NULL,
    referral_id  bigint      NOT NULL,
    member_id    bigint      NOT NULL,
    friend_id    bigint,
    friend_email text,
    friend_alias text,
    source       text        NOT NULL,
    state        text        NOT NULL,
    reason       text,
    order_id     text,
    amount_minor bigint      NOT NULL,
    ip_address   text,
    shared_at    timestamptz,
    signed_up_at timestamptz,
    completed_at timestamptz,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    CONSTRAINT referral_is_known_by_id PRIMARY KEY (merchant_id, referral_id),
    CONSTRAINT referral_has_its_member FOREIGN KEY (merchant_id, member_id) REFERENCES member (merchant_id, member_id),
    CONSTRAINT referral_has_its_friend FOREIGN KEY (merchant_id, friend_id) REFERENCES member (merchant_id, member_id),
    CONSTRAINT referral_state_is_known CHECK (state IN ('shared', 'signed_up', 'completed', 'reversed', 'refused')),
    CONSTRAINT referral_source_is_known CHECK (source IN ('email', 'code', 'order')),
    CONSTRAINT referral_is_refused_for_a_reason CHECK ((state = 'refused') = (reason IS NOT NULL)),
    CONSTRAINT referral_is_completed_by_an_order CHECK (state NOT IN ('completed', 'reversed') OR order_id IS NOT NULL),
    CONSTRAINT referral_tells_who_the_friend_is CHECK (friend_id IS NOT NULL OR friend_email IS NOT NULL)
) WITH (fillfactor = 80);

CREATE INDEX referral_by_member ON referral (merchant_id, member_id, created_at, referral_id);

CREATE INDEX referral_by_friend ON referral (merchant_id, friend_id, created_at) WHERE friend_id IS NOT NULL;

CREATE INDEX referral_by_alias ON referral (merchant_id, friend_alias, created_at) WHERE friend_alias IS NOT NULL;

CREATE INDEX referral_by_address ON referral (merchant_id, ip_address, completed_at) WHERE ip_address IS NOT NULL;
