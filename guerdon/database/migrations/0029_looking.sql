-- Lists as people look through them: by rule, by state, by status, and the filters that they save.

-- Whatever is neither taken nor used at once: few among many, and looked for by those who sort things out.
CREATE INDEX redemption_by_state ON redemption (merchant_id, state, created_at, redemption_id)
 WHERE state IN ('asked', 'held', 'cancelled', 'expired');

CREATE INDEX redemption_by_rule ON redemption (merchant_id, rule_id, created_at, redemption_id);

CREATE INDEX shop_order_by_status ON shop_order (merchant_id, status, placed_at, order_id) WHERE member_id IS NOT NULL;

CREATE INDEX shop_return_refused ON shop_return (merchant_id, created_at, return_id) WHERE problem IS NOT NULL;

CREATE INDEX delivery_given_up ON delivery (merchant_id, endpoint_id, sequence, part) WHERE state = 'given_up';

-- Events of a moment, which are those of a commit.
CREATE INDEX event_by_time ON event (merchant_id, recorded_at);

-- What an operator looks for again and again on one page of the console, under a name.
CREATE TABLE saved_filter (
    merchant_id bigint      NOT NULL,
    operator_id bigint      NOT NULL,
    page        text        NOT NULL,
    name        text        NOT NULL,
    query       text        NOT NULL,
    saved_at    timestamptz NOT NULL,
    CONSTRAINT saved_filter_has_its_own_name PRIMARY KEY (merchant_id, operator_id, page, name),
    CONSTRAINT saved_filter_has_its_merchant FOREIGN KEY (merchant_id) REFERENCES merchant (merchant_id),
    CONSTRAINT saved_filter_has_its_operator FOREIGN KEY (operator_id) REFERENCES operator (operator_id)
);
