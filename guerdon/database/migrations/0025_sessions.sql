-- People who are signed in to the console. Like `operator` this is a reference table: a person is known before it is
-- known for which merchant they work, so its keys do not begin with merchant_id.

CREATE SEQUENCE operator_session_sequence AS bigint;

-- A browser that somebody signed in with. Only a hash of its secret is kept; merchant_id is whose programme it shows.
CREATE TABLE operator_session (
    session_id  bigint      NOT NULL,
    secret_hash bytea       NOT NULL,
    operator_id bigint      NOT NULL,
    merchant_id bigint      NOT NULL,
    opened_at   timestamptz NOT NULL,
    seen_at     timestamptz NOT NULL,
    ended_at    timestamptz,
    user_agent  text        NOT NULL,
    address     text        NOT NULL,
    CONSTRAINT operator_session_is_known_by_id PRIMARY KEY (session_id),
    CONSTRAINT operator_session_secret_is_its_own UNIQUE (secret_hash),
    CONSTRAINT operator_session_has_its_operator FOREIGN KEY (operator_id) REFERENCES operator (operator_id)
);

CREATE INDEX operator_session_of_operator ON operator_session (operator_id, seen_at);

-- How many proposals wait is said on every page.
CREATE INDEX adjustment_that_waits ON adjustment (merchant_id, expires_at) WHERE state = 'proposed';
