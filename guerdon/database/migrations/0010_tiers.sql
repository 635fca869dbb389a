-- Tiers: the programme of a merchant, what members have done that counts, where they stand, and how they came there.

-- The version of the programme that counts. A merchant without a row has no tiers.
CREATE TABLE tier_programme (
    merchant_id bigint  NOT NULL,
    version     integer NOT NULL,
    CONSTRAINT tier_programme_is_one_of_a_merchant PRIMARY KEY (merchant_id),
    CONSTRAINT tier_programme_has_its_merchant FOREIGN KEY (merchant_id) REFERENCES merchant (merchant_id)
);

-- Versions are never edited: who stood where can be understood later. `actor` is who really signed in.
CREATE TABLE tier_programme_version (
    merchant_id bigint      NOT NULL,
    version     integer     NOT NULL,
    document    jsonb       NOT NULL,
    actor       text        NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT tier_programme_version_is_numbered PRIMARY KEY (merchant_id, version),
    CONSTRAINT tier_programme_version_has_its_programme
        FOREIGN KEY (merchant_id) REFERENCES tier_programme (merchant_id),
    CONSTRAINT tier_programme_version_is_positive CHECK (version > 0)
);

-- What a member did on a day of the merchant's that counts towards tiers; what was taken back is subtracted. It is
-- kept without a programme too, so that one which comes later finds the history it asks for.
CREATE TABLE tier_progress (
    merchant_id bigint NOT NULL,
    member_id   bigint NOT NULL,
    day         date   NOT NULL,
    points      bigint NOT NULL,
    spent_minor bigint NOT NULL,
    orders      bigint NOT NULL,
    referrals   bigint NOT NULL,
    CONSTRAINT tier_progress_is_counted_by_day PRIMARY KEY (merchant_id, member_id, day),
    CONSTRAINT tier_progress_has_its_member
        FOREIGN KEY (merchant_id, member_id) REFERENCES member (merchant_id, member_id)
) WITH (fillfactor = 80);

-- Where a member stands; `member.tier_level` repeats the level. `until` is the last day that was promised; on
-- `review_on`, after the days of grace, what was done from `counts_from` on decides what follows.
CREATE TABLE member_tier (
    merchant_id bigint      NOT NULL,
    member_id   bigint      NOT NULL,
    level       integer     NOT NULL,
    best_level  integer     NOT NULL,
    entered_at  timestamptz,
    until       date,
    counts_from date,
    review_on   date,
    assigned    text        NOT NULL,
    version     integer     NOT NULL,
    perks       jsonb       NOT NULL,
    CONSTRAINT member_tier_is_one_of_a_member PRIMARY KEY (merchant_id, member_id),
    CONSTRAINT member_tier_has_its_member
        FOREIGN KEY (merchant_id, member_id) REFERENCES member (merchant_id, member_id),
    CONSTRAINT member_tier_is_among_the_levels CHECK (level >= 0 AND level <= best_level),
    CONSTRAINT member_tier_was_entered CHECK (level = 0 OR entered_at IS NOT NULL),
    CONSTRAINT member_tier_is_reviewed_after_its_end CHECK (
        (until IS NULL) = (review_on IS NULL) AND (until IS NULL) = (counts_from IS NULL) AND review_on > until
    ),
    CONSTRAINT member_tier_assigned_is_known CHECK (assigned IN ('rules', 'hand', 'pinned'))
) WITH (fillfactor = 80);

-- How members came where they stand, with what counted then.
CREATE TABLE tier_change (
    merchant_id bigint      NOT NULL,
    change_id   uuid        NOT NULL,
    member_id   bigint      NOT NULL,
    from_level  integer     NOT NULL,
    to_level    integer     NOT NULL,
    why         text        NOT NULL,
    reason      text        NOT NULL,
    actor       text        NOT NULL,
    version     integer     NOT NULL,
    points      bigint      NOT NULL,
    spent_minor bigint      NOT NULL,
    orders      bigint      NOT NULL,
    referrals   bigint      NOT NULL,
    until       date,
    at          timestamptz NOT NULL,
    CONSTRAINT tier_change_is_known_by_id PRIMARY KEY (merchant_id, change_id),
    CONSTRAINT tier_change_has_its_member
        FOREIGN KEY (merchant_id, member_id) REFERENCES member (merchant_id, member_id),
    CONSTRAINT tier_change_has_a_known_cause CHECK (why IN ('reached', 'retained', 'lapsed', 'assigned', 'programme'))
);

CREATE INDEX tier_change_by_member ON tier_change (merchant_id, member_id, at, change_id);

-- A reward may be given for nothing: then no entry of the books stands behind it.
ALTER TABLE redemption DROP CONSTRAINT redemption_takes_points;
ALTER TABLE redemption ADD CONSTRAINT redemption_takes_points
    CHECK (points > 0 AND entry > 0 OR points = 0 AND entry = 0);
