-- What members were given for what they did: points that can be settled to another amount later, or a coupon.
-- The subject says for what (an order, an activity, a referral), the source by what (a rule, a side of a referral):
-- together they give once.

CREATE TABLE award (
    merchant_id   bigint      NOT NULL,
    subject       text        NOT NULL,
    source        text        NOT NULL,
    member_id     bigint      NOT NULL,
    account_id    bigint      NOT NULL,
    rule_version  integer,
    reason        text        NOT NULL,
    title         text,
    points        bigint      NOT NULL,
    forgiven      bigint      NOT NULL,
    pending       text        NOT NULL,
    expiry        text        NOT NULL,
    entries       bigint[]    NOT NULL,
    redemption_id bigint,
    explanation   jsonb       NOT NULL,
    occurred_at   timestamptz NOT NULL,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    CONSTRAINT award_is_given_once PRIMARY KEY (merchant_id, subject, source),
    CONSTRAINT award_has_its_member FOREIGN KEY (merchant_id, member_id) REFERENCES member (merchant_id, member_id),
    CONSTRAINT award_is_not_negative CHECK (points >= 0 AND forgiven >= 0)
) WITH (fillfactor = 80);

CREATE INDEX award_by_member ON award (merchant_id, member_id, created_at, subject);
CREATE INDEX award_by_account ON award (merchant_id, account_id, subject);
