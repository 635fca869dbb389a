-- What clients asked of the interfaces lately, written off their way in batches.

CREATE TABLE api_request (
    merchant_id  bigint      NOT NULL,
    at           timestamptz NOT NULL,
    request_id   uuid        NOT NULL,
    method       text        NOT NULL,
    path         text        NOT NULL,
    status       integer     NOT NULL,
    duration_us  bigint      NOT NULL,
    caller       text        NOT NULL,
    user_agent   text        NOT NULL,
    CONSTRAINT api_request_is_known_by_id PRIMARY KEY (merchant_id, at, request_id)
);
