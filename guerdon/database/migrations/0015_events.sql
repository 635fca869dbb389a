-- Events get numbers, so that whoever remembers the last one misses none.

-- Given by the relay after the commit: within a merchant, from 1 up, without a gap.
ALTER TABLE event ADD COLUMN sequence bigint;
ALTER TABLE event ADD CONSTRAINT event_sequence_begins_with_one CHECK (sequence > 0);

-- Not a constraint: events without a number, which is how all begin, stay out of it and cost nothing there.
CREATE UNIQUE INDEX event_sequence_is_given_once ON event (merchant_id, sequence) WHERE sequence IS NOT NULL;

-- What the relay has to number, oldest first.
CREATE INDEX event_unnumbered ON event (merchant_id, recorded_at, event_id) WHERE sequence IS NULL;

-- The price that a member was told to be near to, so that it is told once.
ALTER TABLE reward_reach ADD COLUMN near bigint;

-- The last number given. Its lock makes the numbers of a merchant become visible in their order.
CREATE TABLE event_relay (
    merchant_id bigint NOT NULL,
    sequence    bigint NOT NULL,
    CONSTRAINT event_relay_is_of_one_merchant PRIMARY KEY (merchant_id),
    CONSTRAINT event_relay_has_its_merchant FOREIGN KEY (merchant_id) REFERENCES merchant (merchant_id),
    CONSTRAINT event_relay_counts CHECK (sequence >= 0)
);
