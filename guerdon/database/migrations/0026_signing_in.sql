-- How people sign in, who may be asked for more than a password, and who changed what.

-- What signs a person in beside or instead of a password. Invited people and those of a provider may have none. The
-- secret of their codes is sealed where the installation has a key for it; recovery codes and invitations are hashes.
ALTER TABLE operator
    ALTER COLUMN password_hash DROP NOT NULL,
    ADD COLUMN password_at    timestamptz,
    ADD COLUMN totp_secret    text,
    ADD COLUMN totp_since     timestamptz,
    ADD COLUMN totp_step      bigint,
    ADD COLUMN recovery_codes bytea[],
    ADD COLUMN invited_hash   bytea,
    ADD COLUMN invited_until  timestamptz,
    ADD COLUMN issuer         text,
    ADD COLUMN subject        text,
    ADD CONSTRAINT operator_code_has_its_secret CHECK (totp_since IS NULL OR totp_secret IS NOT NULL),
    ADD CONSTRAINT operator_invitation_ends CHECK ((invited_hash IS NULL) = (invited_until IS NULL)),
    ADD CONSTRAINT operator_invitation_is_its_own UNIQUE (invited_hash),
    ADD CONSTRAINT operator_subject_is_of_an_issuer CHECK ((issuer IS NULL) = (subject IS NULL)),
    ADD CONSTRAINT operator_subject_is_its_own UNIQUE (issuer, subject);

UPDATE operator SET password_at = created_at, recovery_codes = '{}';

ALTER TABLE operator ALTER COLUMN recovery_codes SET NOT NULL;

-- A reference table: what is counted is a name or an address, before anybody is known. Only hashes of them are kept.
-- `open_at` is when the next attempt may be made, NULL where none has to wait.
CREATE TABLE sign_in_count (
    counted  bytea       NOT NULL,
    failures integer     NOT NULL,
    last_at  timestamptz NOT NULL,
    open_at  timestamptz,
    CONSTRAINT sign_in_count_is_kept_once PRIMARY KEY (counted),
    CONSTRAINT sign_in_count_is_not_negative CHECK (failures >= 0)
);

CREATE INDEX sign_in_count_by_age ON sign_in_count (last_at);

-- A reference table: somebody on the way in, between one page and the next. Good once, and for minutes.
CREATE TABLE sign_in_ticket (
    ticket_hash bytea       NOT NULL,
    kind        text        NOT NULL,
    document    jsonb       NOT NULL,
    ends_at     timestamptz NOT NULL,
    CONSTRAINT sign_in_ticket_is_known_by_hash PRIMARY KEY (ticket_hash),
    CONSTRAINT sign_in_ticket_kind_is_known CHECK (kind IN ('second_factor', 'single_sign_on'))
);

CREATE INDEX sign_in_ticket_by_end ON sign_in_ticket (ends_at);

-- Who changed what, in the commit of the change. Rows are added and never changed, with one exception: of a member who
-- is erased, `before` and `after` go. None is ever pruned. Both are without secrets, and hold only what differs.
CREATE TABLE audit_entry (
    merchant_id  bigint      NOT NULL,
    at           timestamptz NOT NULL,
    entry_id     uuid        NOT NULL,
    actor        text        NOT NULL,
    action       text        NOT NULL,
    subject_kind text        NOT NULL,
    subject_id   text        NOT NULL,
    before       jsonb,
    after        jsonb,
    address      text,
    request_id   uuid,
    CONSTRAINT audit_entry_is_known_by_id PRIMARY KEY (merchant_id, at, entry_id),
    CONSTRAINT audit_entry_has_its_merchant FOREIGN KEY (merchant_id) REFERENCES merchant (merchant_id)
);

CREATE INDEX audit_entry_by_id ON audit_entry (merchant_id, entry_id);
CREATE INDEX audit_entry_of_actor ON audit_entry (merchant_id, actor, at, entry_id);
CREATE INDEX audit_entry_of_action ON audit_entry (merchant_id, action, at, entry_id);
CREATE INDEX audit_entry_of_subject ON audit_entry (merchant_id, subject_kind, subject_id, at, entry_id);
CREATE INDEX audit_entry_of_kind ON audit_entry (merchant_id, subject_kind, at, entry_id);

CREATE INDEX operator_by_lower_name ON operator (lower(username));
