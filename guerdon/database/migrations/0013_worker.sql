-- The work of the night: what is done, what members were reminded of, and changes of when points expire.

-- Until which of a merchant's days the nightly work is done, and who is at it: a worker that dies loses its turn in time.
CREATE TABLE night (
    merchant_id  bigint      NOT NULL,
    day          date,
    worker       text,
    leased_until timestamptz,
    CONSTRAINT night_is_of_one_merchant PRIMARY KEY (merchant_id),
    CONSTRAINT night_has_its_merchant FOREIGN KEY (merchant_id) REFERENCES merchant (merchant_id),
    CONSTRAINT night_lease_has_an_end CHECK ((worker IS NULL) = (leased_until IS NULL))
);

-- One job of one day: how far it has come (`reached` is the job's own mark), and what it did.
CREATE TABLE job_run (
    merchant_id bigint      NOT NULL,
    day         date        NOT NULL,
    job         text        NOT NULL,
    reached     jsonb,
    done        bigint      NOT NULL,
    points      bigint      NOT NULL,
    failed      bigint      NOT NULL,
    worker      text        NOT NULL,
    started_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    finished_at timestamptz,
    CONSTRAINT job_runs_once_a_day PRIMARY KEY (merchant_id, day, job),
    CONSTRAINT job_run_has_its_merchant FOREIGN KEY (merchant_id) REFERENCES merchant (merchant_id),
    CONSTRAINT job_run_counts CHECK (done >= 0 AND points >= 0 AND failed >= 0)
);

-- Which members an account has: those to tell when its points expire.
CREATE INDEX member_account_by_account ON member_account (merchant_id, account_id, member_id);

-- That an account's members were told, so many days ahead, of points that expire at a time.
CREATE TABLE expiry_reminder (
    merchant_id bigint      NOT NULL,
    expires_at  timestamptz NOT NULL,
    account_id  bigint      NOT NULL,
    days        integer     NOT NULL,
    CONSTRAINT expiry_reminder_is_sent_once PRIMARY KEY (merchant_id, expires_at, account_id, days),
    CONSTRAINT expiry_reminder_has_its_account
        FOREIGN KEY (merchant_id, account_id) REFERENCES account (merchant_id, account_id)
);

-- Up to which price a member's balance reached when it was last looked at: what costs more is told when it is reached.
CREATE TABLE reward_reach (
    merchant_id bigint NOT NULL,
    member_id   bigint NOT NULL,
    points      bigint NOT NULL,
    CONSTRAINT reward_reach_is_of_one_member PRIMARY KEY (merchant_id, member_id),
    CONSTRAINT reward_reach_has_its_member
        FOREIGN KEY (merchant_id, member_id) REFERENCES member (merchant_id, member_id)
);

-- A merchant's change of the expiry of points that are there already: previewed, logged, and done account by account.
CREATE SEQUENCE expiry_change_sequence AS bigint;

CREATE TABLE expiry_change (
    merchant_id bigint      NOT NULL,
    change_id   bigint      NOT NULL,
    before      text        NOT NULL,
    after       text        NOT NULL,
    reached     bigint      NOT NULL,
    lots        bigint      NOT NULL,
    points      bigint      NOT NULL,
    actor       text        NOT NULL,
    started_at  timestamptz NOT NULL,
    finished_at timestamptz,
    CONSTRAINT expiry_change_is_known_by_id PRIMARY KEY (merchant_id, change_id),
    CONSTRAINT expiry_change_has_its_merchant FOREIGN KEY (merchant_id) REFERENCES merchant (merchant_id)
);

-- One at a time, so that the second starts from what the first has done.
CREATE UNIQUE INDEX expiry_change_is_alone ON expiry_change (merchant_id) WHERE finished_at IS NULL;
