-- The merchant's own words about a thing of any kind. They are kept, and never read by us.

CREATE TABLE metadata (
    merchant_id bigint      NOT NULL,
    kind        text        NOT NULL,
    object_id   text        NOT NULL,
    words       jsonb       NOT NULL,
    updated_at  timestamptz NOT NULL,
    CONSTRAINT metadata_is_of_one_thing PRIMARY KEY (merchant_id, kind, object_id),
    CONSTRAINT metadata_are_names_with_words CHECK (jsonb_typeof(words) = 'object'),
    CONSTRAINT metadata_has_its_merchant FOREIGN KEY (merchant_id) REFERENCES merchant (merchant_id)
);

-- Lists of everything of one kind, newest first.
CREATE INDEX redemption_by_time ON redemption (merchant_id, created_at, redemption_id);
