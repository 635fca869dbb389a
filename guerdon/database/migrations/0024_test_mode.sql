-- Merchants to try things with: their time can be moved on.

-- A test merchant's own time is null, and the machine's, as long as it was never moved on.
ALTER TABLE merchant
    ADD COLUMN mode text,
    ADD COLUMN test_now timestamptz;

UPDATE merchant SET mode = 'live';

ALTER TABLE merchant
    ALTER COLUMN mode SET NOT NULL,
    ADD CONSTRAINT merchant_mode_is_known CHECK (mode IN ('live', 'test')),
    ADD CONSTRAINT time_of_live_merchants_is_everybodys CHECK (mode = 'test' OR test_now IS NULL);

-- Whom the jobs leave alone, since their nights come when their time is moved on.
CREATE INDEX merchant_with_own_time ON merchant (merchant_id) WHERE test_now IS NOT NULL;

-- The trace that a client said its request was part of: 32 hexadecimal digits.
ALTER TABLE api_request ADD COLUMN trace_id text;

-- The version of the native API that a key was first used with, to which it is held where a request names none.
ALTER TABLE api_key ADD COLUMN api_version date;
