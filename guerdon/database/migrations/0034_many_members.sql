-- What many members make slow.

-- The words of a name are read where they are found: who looks for several words walks past many names.
ALTER TABLE member_word DROP CONSTRAINT member_word_is_of_one_name;
ALTER TABLE member_word ADD CONSTRAINT member_word_is_of_one_name
    PRIMARY KEY (merchant_id, word, member_id) INCLUDE (words);

-- Of all members by id, every ten thousandth: how many come before. Nobody leaves this count, so that a page of members
-- by number is found near one of these.
CREATE TABLE member_milestone (
    merchant_id bigint NOT NULL,
    number      bigint NOT NULL,
    member_id   bigint NOT NULL,
    CONSTRAINT member_milestone_is_passed_once PRIMARY KEY (merchant_id, number),
    CONSTRAINT member_milestone_has_its_merchant FOREIGN KEY (merchant_id) REFERENCES merchant (merchant_id),
    CONSTRAINT member_milestone_counts CHECK (number > 0)
);

-- What reports sum over long periods lies in the index alone.
ALTER TABLE active_gap DROP CONSTRAINT active_gap_is_counted_once;
ALTER TABLE active_gap ADD CONSTRAINT active_gap_is_counted_once
    PRIMARY KEY (merchant_id, day, next_day) INCLUDE (accounts);

DROP INDEX decision_by_time;
CREATE INDEX decision_by_time ON decision (merchant_id, recorded_at, decision_id) INCLUDE (code, command);
