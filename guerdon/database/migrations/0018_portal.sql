-- Who is editing a rule, and what the portal contract says of an earning rule beside its terms.

-- A lock is its holder's until it lapses, is given up, or is taken over. `user_id` is what others are shown: the person
-- whom the portal named, if `user_named`, or else the operator who signed in, whose name is `username`.
CREATE TABLE edit_lock (
    merchant_id bigint      NOT NULL,
    kind        text        NOT NULL,
    object_id   bigint      NOT NULL,
    actor       text        NOT NULL,
    username    text        NOT NULL,
    user_id     bigint      NOT NULL,
    user_named  boolean     NOT NULL,
    locked_at   timestamptz NOT NULL,
    lapses_at   timestamptz NOT NULL,
    CONSTRAINT edit_lock_is_held_once PRIMARY KEY (merchant_id, kind, object_id),
    CONSTRAINT edit_lock_has_its_merchant FOREIGN KEY (merchant_id) REFERENCES merchant (merchant_id),
    CONSTRAINT edit_lock_kind_is_known CHECK (kind IN ('redemption_rule', 'earning_rule', 'moving_rule')),
    CONSTRAINT edit_lock_lapses_after_it_began CHECK (lapses_at > locked_at)
);

-- Locks of redemption rules did not say who had signed in: until they lapse they are nobody's to edit under.
INSERT INTO edit_lock (
    merchant_id, kind, object_id, actor, username, user_id, user_named, locked_at, lapses_at
)
SELECT merchant_id, 'redemption_rule', rule_id, '', '', locked_by, true, locked_at, locked_at + interval '15 minutes'
  FROM redemption_rule
 WHERE locked_by IS NOT NULL;

ALTER TABLE redemption_rule DROP CONSTRAINT redemption_rule_lock_has_its_time;
ALTER TABLE redemption_rule DROP COLUMN locked_by, DROP COLUMN locked_at;

-- What a portal said of an earning rule that the engine has no use for, kept to be told again.
CREATE TABLE issuance_note (
    merchant_id bigint NOT NULL,
    rule_id     bigint NOT NULL,
    document    jsonb  NOT NULL,
    CONSTRAINT issuance_note_is_known_by_rule PRIMARY KEY (merchant_id, rule_id),
    CONSTRAINT issuance_note_has_its_rule
        FOREIGN KEY (merchant_id, rule_id) REFERENCES earning_rule (merchant_id, rule_id)
);
