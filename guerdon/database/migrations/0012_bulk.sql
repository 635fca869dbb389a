-- Imports: what was brought in from which file, chunk by chunk, so that it can go on, be proven and be undone.

CREATE SEQUENCE import_batch_sequence AS bigint;

CREATE TABLE import_batch (
    merchant_id bigint      NOT NULL,
    batch_id    bigint      NOT NULL,
    kind        text        NOT NULL,
    file        text        NOT NULL,
    fingerprint text        NOT NULL,
    options     jsonb       NOT NULL,
    state       text        NOT NULL,
    rows        bigint      NOT NULL,
    points      bigint      NOT NULL,
    used        bigint      NOT NULL,
    actor       text        NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    CONSTRAINT import_batch_is_known_by_id PRIMARY KEY (merchant_id, batch_id),
    CONSTRAINT import_batch_has_its_merchant FOREIGN KEY (merchant_id) REFERENCES merchant (merchant_id),
    CONSTRAINT import_batch_kind_is_known
        CHECK (kind IN ('members', 'lots', 'history', 'codes', 'redemption-rules', 'earning-rules')),
    CONSTRAINT import_batch_state_is_known CHECK (state IN ('running', 'complete', 'undoing', 'undone')),
    CONSTRAINT import_batch_counts_what_the_file_has CHECK (rows >= 0 AND used >= 0)
);

-- A file comes in once; undone, it may come again.
CREATE UNIQUE INDEX import_batch_is_of_one_file ON import_batch (merchant_id, kind, fingerprint)
 WHERE state IN ('running', 'complete');

-- So many rows of a file, committed together. `created` are the members (or rules) that they made, `accounts` those that
-- they gave points to, and `by_history` the points that a history had brought before.
CREATE TABLE import_chunk (
    merchant_id       bigint      NOT NULL,
    batch_id          bigint      NOT NULL,
    number            integer     NOT NULL,
    rows              bigint      NOT NULL,
    points            bigint      NOT NULL,
    used              bigint      NOT NULL,
    points_by_history bigint      NOT NULL,
    used_by_history   bigint      NOT NULL,
    created           bigint[]    NOT NULL,
    accounts          bigint[]    NOT NULL,
    recorded_at       timestamptz NOT NULL,
    undone_at         timestamptz,
    CONSTRAINT import_chunk_is_known_by_number PRIMARY KEY (merchant_id, batch_id, number),
    CONSTRAINT import_chunk_has_its_batch
        FOREIGN KEY (merchant_id, batch_id) REFERENCES import_batch (merchant_id, batch_id)
);

-- A code of the old system is a coupon without a redemption: the key of coupons keeps it from being given out again.
ALTER TABLE coupon ALTER COLUMN redemption_id DROP NOT NULL;
ALTER TABLE coupon DROP CONSTRAINT coupon_is_used_by_an_order;
ALTER TABLE coupon ADD CONSTRAINT coupon_is_used_by_an_order
    CHECK (state <> 'used' OR order_id IS NOT NULL OR redemption_id IS NULL);

CREATE TABLE imported_code (
    merchant_id bigint NOT NULL,
    code        text   NOT NULL,
    batch_id    bigint NOT NULL,
    member_id   bigint,
    at          timestamptz,
    CONSTRAINT imported_code_is_imported_once PRIMARY KEY (merchant_id, code),
    CONSTRAINT imported_code_is_a_coupon FOREIGN KEY (merchant_id, code) REFERENCES coupon (merchant_id, code),
    CONSTRAINT imported_code_has_its_batch
        FOREIGN KEY (merchant_id, batch_id) REFERENCES import_batch (merchant_id, batch_id)
);

CREATE INDEX imported_code_by_batch ON imported_code (merchant_id, batch_id, code);
