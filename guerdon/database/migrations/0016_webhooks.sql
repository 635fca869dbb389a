-- Webhooks: who is told of events, what each was or is to be told, and how every attempt went.

CREATE SEQUENCE webhook_endpoint_sequence AS bigint;

-- `sequence` is the number of the last event that was looked at for it. One worker at a time delivers to an endpoint; one
-- that dies loses it when its time is up.
CREATE TABLE webhook_endpoint (
    merchant_id         bigint      NOT NULL,
    endpoint_id         bigint      NOT NULL,
    name                text        NOT NULL,
    url                 text        NOT NULL,
    format              text        NOT NULL,
    topics              text[]      NOT NULL,
    ordered             boolean     NOT NULL,
    secret              text        NOT NULL,
    secret_before       text,
    secret_before_until timestamptz,
    state               text        NOT NULL,
    reason              text,
    failing_since       timestamptz,
    resume_at           timestamptz,
    sequence            bigint      NOT NULL,
    worker              text,
    leased_until        timestamptz,
    created_at          timestamptz NOT NULL,
    updated_at          timestamptz NOT NULL,
    CONSTRAINT webhook_endpoint_is_known_by_id PRIMARY KEY (merchant_id, endpoint_id),
    CONSTRAINT webhook_endpoint_has_its_merchant FOREIGN KEY (merchant_id) REFERENCES merchant (merchant_id),
    CONSTRAINT webhook_endpoint_state_is_known CHECK (state IN ('enabled', 'disabled')),
    CONSTRAINT webhook_endpoint_is_disabled_for_a_reason CHECK ((state = 'disabled') = (reason IS NOT NULL)),
    CONSTRAINT webhook_secret_overlaps_for_a_time CHECK ((secret_before IS NULL) = (secret_before_until IS NULL)),
    CONSTRAINT webhook_endpoint_lease_has_an_end CHECK ((worker IS NULL) = (leased_until IS NULL)),
    CONSTRAINT webhook_endpoint_counts CHECK (sequence >= 0)
);

-- One message to one endpoint: an event may make several (`part`). `tries` are its attempts since it was made, or asked
-- for again.
CREATE TABLE delivery (
    merchant_id     bigint      NOT NULL,
    endpoint_id     bigint      NOT NULL,
    sequence        bigint      NOT NULL,
    part            integer     NOT NULL,
    message_id      text        NOT NULL,
    topic           text        NOT NULL,
    member_id       bigint,
    body            text        NOT NULL,
    ordered         boolean     NOT NULL,
    state           text        NOT NULL,
    attempts        integer     NOT NULL,
    tries           integer     NOT NULL,
    next_attempt_at timestamptz NOT NULL,
    made_at         timestamptz NOT NULL,
    settled_at      timestamptz,
    CONSTRAINT delivery_is_made_once PRIMARY KEY (merchant_id, endpoint_id, sequence, part),
    CONSTRAINT delivery_has_its_endpoint
        FOREIGN KEY (merchant_id, endpoint_id) REFERENCES webhook_endpoint (merchant_id, endpoint_id),
    CONSTRAINT delivery_state_is_known CHECK (state IN ('waiting', 'delivered', 'given_up')),
    CONSTRAINT delivery_is_settled_at_a_time CHECK ((state = 'waiting') = (settled_at IS NULL)),
    CONSTRAINT delivery_is_ordered_by_member CHECK (NOT ordered OR member_id IS NOT NULL)
);

-- What is to be sent, in the order of the events, and when.
CREATE INDEX delivery_waiting ON delivery (merchant_id, endpoint_id, sequence, part, next_attempt_at)
 WHERE state = 'waiting';

-- What a member's next message waits for, where they come in order.
CREATE INDEX delivery_in_line ON delivery (merchant_id, endpoint_id, member_id, sequence, part)
 WHERE state = 'waiting' AND ordered;

-- How an attempt went: a status with the beginning of the answer, or the reason why there was none.
CREATE TABLE delivery_attempt (
    merchant_id bigint      NOT NULL,
    endpoint_id bigint      NOT NULL,
    sequence    bigint      NOT NULL,
    part        integer     NOT NULL,
    number      integer     NOT NULL,
    status      integer,
    reason      text,
    response    text        NOT NULL,
    took_ms     integer     NOT NULL,
    at          timestamptz NOT NULL,
    CONSTRAINT delivery_attempt_is_numbered PRIMARY KEY (merchant_id, endpoint_id, sequence, part, number),
    CONSTRAINT delivery_attempt_has_its_delivery FOREIGN KEY (merchant_id, endpoint_id, sequence, part)
        REFERENCES delivery (merchant_id, endpoint_id, sequence, part),
    CONSTRAINT delivery_attempt_has_one_outcome CHECK ((status IS NULL) <> (reason IS NULL))
);

-- What the incumbent's clients register in three steps: where, what, and then both together, which makes an endpoint.
CREATE TABLE webhook_target (
    merchant_id bigint      NOT NULL,
    target_id   bigint      NOT NULL,
    url         text        NOT NULL,
    created_at  timestamptz NOT NULL,
    CONSTRAINT webhook_target_is_known_by_id PRIMARY KEY (merchant_id, target_id),
    CONSTRAINT webhook_target_has_its_merchant FOREIGN KEY (merchant_id) REFERENCES merchant (merchant_id)
);

CREATE TABLE webhook_filter (
    merchant_id bigint      NOT NULL,
    filter_id   bigint      NOT NULL,
    topics      text[]      NOT NULL,
    created_at  timestamptz NOT NULL,
    CONSTRAINT webhook_filter_is_known_by_id PRIMARY KEY (merchant_id, filter_id),
    CONSTRAINT webhook_filter_has_its_merchant FOREIGN KEY (merchant_id) REFERENCES merchant (merchant_id)
);
