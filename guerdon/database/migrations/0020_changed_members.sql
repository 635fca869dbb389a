-- Members in the order in which something of theirs changed, for those who copy them elsewhere.

-- To the minute: further changes of an account within one leave its indexes alone, so that the books pay next to nothing
-- for being listed.
ALTER TABLE account ADD COLUMN updated_minute timestamptz NOT NULL
    GENERATED ALWAYS AS (date_bin('1 minute', updated_at, '2000-01-01 00:00:00+00')) STORED;

CREATE INDEX account_by_change ON account (merchant_id, updated_minute, account_id);
