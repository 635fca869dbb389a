-- Orders that earn, and what comes back of them.

-- An order that nobody has told of yet is awaited: a return has named it. It has no status and no member, and becomes
-- the order when that comes. So whichever of the two is committed second meets the key of the first, and sees it.
ALTER TABLE shop_order ALTER COLUMN member_id DROP NOT NULL;
ALTER TABLE shop_order ADD CONSTRAINT shop_order_awaited_has_no_member CHECK ((status = '') = (member_id IS NULL));

-- What earning is computed with. `rewards_minor` is what its coupons are worth, `refunded_minor` what the shop itself
-- says was paid back so far, `day` is the merchant's on which the order was placed. `cancelled`, `earns` and `bought` say
-- how the merchant's policies took its status; `spent_minor`, in the merchant's currency, is what of it counts as spent.
ALTER TABLE shop_order ADD COLUMN discount_minor bigint;
ALTER TABLE shop_order ADD COLUMN shipping_minor bigint;
ALTER TABLE shop_order ADD COLUMN tax_minor bigint;
ALTER TABLE shop_order ADD COLUMN refunded_minor bigint;
ALTER TABLE shop_order ADD COLUMN rewards_minor bigint;
ALTER TABLE shop_order ADD COLUMN channel text;
ALTER TABLE shop_order ADD COLUMN tags text[];
ALTER TABLE shop_order ADD COLUMN lines jsonb;
ALTER TABLE shop_order ADD COLUMN day date;
ALTER TABLE shop_order ADD COLUMN cancelled boolean;
ALTER TABLE shop_order ADD COLUMN earns boolean;
ALTER TABLE shop_order ADD COLUMN bought boolean;
ALTER TABLE shop_order ADD COLUMN spent_minor bigint;

UPDATE shop_order
   SET discount_minor = 0, shipping_minor = 0, tax_minor = 0, refunded_minor = 0, rewards_minor = 0,
       channel = 'online', tags = '{}', lines = '[]', day = (placed_at AT TIME ZONE merchant.timezone)::date,
       cancelled = coalesce(merchant.policies -> 'cancel_statuses', '["cancelled", "canceled", "voided"]') ? status,
       earns = false, bought = false, spent_minor = 0
  FROM merchant
 WHERE merchant.merchant_id = shop_order.merchant_id;

ALTER TABLE shop_order ALTER COLUMN discount_minor SET NOT NULL;
ALTER TABLE shop_order ALTER COLUMN shipping_minor SET NOT NULL;
ALTER TABLE shop_order ALTER COLUMN tax_minor SET NOT NULL;
ALTER TABLE shop_order ALTER COLUMN refunded_minor SET NOT NULL;
ALTER TABLE shop_order ALTER COLUMN rewards_minor SET NOT NULL;
ALTER TABLE shop_order ALTER COLUMN channel SET NOT NULL;
ALTER TABLE shop_order ALTER COLUMN tags SET NOT NULL;
ALTER TABLE shop_order ALTER COLUMN lines SET NOT NULL;
ALTER TABLE shop_order ALTER COLUMN day SET NOT NULL;
ALTER TABLE shop_order ALTER COLUMN cancelled SET NOT NULL;
ALTER TABLE shop_order ALTER COLUMN earns SET NOT NULL;
ALTER TABLE shop_order ALTER COLUMN bought SET NOT NULL;
ALTER TABLE shop_order ALTER COLUMN spent_minor SET NOT NULL;
ALTER TABLE shop_order ADD CONSTRAINT shop_order_parts_are_not_negative CHECK (
    discount_minor >= 0 AND shipping_minor >= 0 AND tax_minor >= 0 AND refunded_minor >= 0 AND rewards_minor >= 0
    AND spent_minor >= 0
);

-- How the order was evaluated when it first earned: rule versions, the member's standing, and what each rule gave.
ALTER TABLE shop_order ADD COLUMN evaluated jsonb;

-- What shops report as come back. `waiting` until it has been taken into account; `problem` says why it never will be.
CREATE TABLE shop_return (
    merchant_id bigint      NOT NULL,
    return_id   text        NOT NULL,
    order_id    text        NOT NULL,
    total_minor bigint      NOT NULL,
    currency    text,
    items       jsonb       NOT NULL,
    waiting     boolean     NOT NULL,
    problem     text,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    CONSTRAINT shop_return_is_known_by_id PRIMARY KEY (merchant_id, return_id),
    CONSTRAINT shop_return_has_its_order
        FOREIGN KEY (merchant_id, order_id) REFERENCES shop_order (merchant_id, order_id),
    CONSTRAINT shop_return_is_not_negative CHECK (total_minor >= 0),
    CONSTRAINT shop_return_is_taken_or_waits CHECK (NOT waiting OR problem IS NULL)
);

CREATE INDEX shop_return_by_order ON shop_return (merchant_id, order_id, created_at, return_id);
CREATE INDEX shop_return_that_waits ON shop_return (merchant_id, created_at, return_id) WHERE waiting;

-- How many of a redemption's points returns have given back, since they were taken last.
ALTER TABLE redemption ADD COLUMN points_back bigint;
UPDATE redemption SET points_back = 0;
ALTER TABLE redemption ALTER COLUMN points_back SET NOT NULL;
ALTER TABLE redemption ADD CONSTRAINT redemption_gives_back_what_it_took
    CHECK (points_back BETWEEN 0 AND points);
