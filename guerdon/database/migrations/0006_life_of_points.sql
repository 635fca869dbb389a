-- Points that wait, move between accounts, or lapse when nothing happens; and members who became one, or a household.

-- What went to other accounts, less what came from them: over all accounts of a merchant it sums to zero.
ALTER TABLE account ADD COLUMN moved bigint;
UPDATE account SET moved = 0;
ALTER TABLE account ALTER COLUMN moved SET NOT NULL;
ALTER TABLE account DROP CONSTRAINT account_sums_to_zero;
ALTER TABLE account ADD CONSTRAINT account_sums_to_zero
    CHECK (issued + pending + available + held + redeemed + expired + reversed + moved = 0);

-- Goes up with every change of the account, or of what is kept under its lock.
ALTER TABLE account ADD COLUMN version bigint;
UPDATE account SET version = 0;
ALTER TABLE account ALTER COLUMN version SET NOT NULL;

-- Points that come back to an account with an heir move on to it: its members have become another's, or a household's.
ALTER TABLE account ADD COLUMN heir bigint;
ALTER TABLE account ADD CONSTRAINT account_heir_is_an_account
    FOREIGN KEY (merchant_id, heir) REFERENCES account (merchant_id, account_id);
ALTER TABLE account ADD CONSTRAINT account_heir_is_another CHECK (heir <> account_id);

-- When the account's rolling lots lapse, unless there is activity before: each puts it off by so many days.
ALTER TABLE account ADD COLUMN idle_days integer;
ALTER TABLE account ADD COLUMN lapses_at timestamptz;
ALTER TABLE account ADD CONSTRAINT account_lapses_when_idle CHECK ((idle_days IS NULL) = (lapses_at IS NULL));
CREATE INDEX account_by_lapse ON account (merchant_id, lapses_at, account_id) WHERE lapses_at IS NOT NULL;

-- A rolling lot has no date of its own: it lapses with its account.
ALTER TABLE lot ADD COLUMN rolling boolean;
UPDATE lot SET rolling = false;
ALTER TABLE lot ALTER COLUMN rolling SET NOT NULL;
ALTER TABLE lot ADD CONSTRAINT lot_that_rolls_has_no_date CHECK (NOT rolling OR expires_at IS NULL);
CREATE INDEX lot_by_expiry ON lot (merchant_id, expires_at, account_id) WHERE live AND expires_at IS NOT NULL;

ALTER TABLE entry DROP CONSTRAINT entry_names_buckets;
ALTER TABLE entry ADD CONSTRAINT entry_names_buckets CHECK (
    source IN ('issued', 'pending', 'available', 'held', 'redeemed', 'expired', 'reversed', 'moved')
    AND target IN ('issued', 'pending', 'available', 'held', 'redeemed', 'expired', 'reversed', 'moved')
);

-- Points that wait for a date or a status are the entry that issued them, until they are activated or taken back.
CREATE TABLE pending (
    merchant_id  bigint      NOT NULL,
    account_id   bigint      NOT NULL,
    number       bigint      NOT NULL,
    points_left  bigint      NOT NULL,
    activates_at timestamptz,
    expiry       text        NOT NULL,
    activated_by bigint,
    CONSTRAINT pending_is_known_by_its_entry PRIMARY KEY (merchant_id, account_id, number),
    CONSTRAINT pending_has_its_entry
        FOREIGN KEY (merchant_id, account_id, number) REFERENCES entry (merchant_id, account_id, number),
    CONSTRAINT pending_is_not_negative CHECK (points_left >= 0)
);

CREATE INDEX pending_by_date ON pending (merchant_id, activates_at, account_id)
 WHERE points_left > 0 AND activates_at IS NOT NULL;

ALTER TABLE member ADD COLUMN birth_year smallint;
ALTER TABLE member ADD COLUMN birth_month smallint;
ALTER TABLE member ADD COLUMN birth_day smallint;
ALTER TABLE member ADD CONSTRAINT member_birthday_is_a_day CHECK (
    (birth_month IS NULL) = (birth_day IS NULL)
    AND birth_month BETWEEN 1 AND 12 AND birth_day BETWEEN 1 AND 31 AND birth_year BETWEEN 1900 AND 2200
);

-- Who may spend what lies on the account: everybody their own, in a household whom it allows.
ALTER TABLE member ADD COLUMN may_spend boolean;
UPDATE member SET may_spend = true;
ALTER TABLE member ALTER COLUMN may_spend SET NOT NULL;

-- A merged member's id answers with the one that it became; an erased member has no identity and no profile left.
ALTER TABLE member ADD COLUMN merged_into bigint;
ALTER TABLE member ADD CONSTRAINT member_becomes_a_member
    FOREIGN KEY (merchant_id, merged_into) REFERENCES member (merchant_id, member_id);
ALTER TABLE member ADD CONSTRAINT member_becomes_another CHECK (merged_into <> member_id);
ALTER TABLE member DROP CONSTRAINT member_status_is_known;
ALTER TABLE member ADD CONSTRAINT member_status_is_known
    CHECK (status IN ('active', 'suspended', 'merged', 'erased'));
ALTER TABLE member ADD CONSTRAINT member_merged_has_its_heir CHECK ((status = 'merged') = (merged_into IS NOT NULL));
