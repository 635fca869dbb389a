-- Imports and exports as work that a worker does: the files themselves, what is wrong in them, and who is at what.

-- An import that was sent as a file is looked at, waits for a yes, is written, perhaps stopped, gone on with, taken back.
-- `outcome` is what was reported last, `problem` why it did not go on.
ALTER TABLE import_batch DROP CONSTRAINT import_batch_state_is_known;
ALTER TABLE import_batch ADD CONSTRAINT import_batch_state_is_known CHECK (
    state IN (
        'receiving', 'looking', 'ready', 'running', 'stopped', 'complete', 'undoing', 'undone', 'cancelled', 'failed'
    )
);
ALTER TABLE import_batch ADD COLUMN outcome jsonb;
ALTER TABLE import_batch ADD COLUMN problem text;

-- A file comes in once, though it may be looked at several times; undone, it may come again.
DROP INDEX import_batch_is_of_one_file;
CREATE UNIQUE INDEX import_batch_is_of_one_file ON import_batch (merchant_id, kind, fingerprint)
 WHERE state IN ('running', 'stopped', 'complete');
CREATE INDEX import_batch_by_file ON import_batch (merchant_id, kind, fingerprint, created_at);
CREATE INDEX import_batch_by_time ON import_batch (merchant_id, created_at, batch_id);

-- How a file that was sent is to be read and written, and what the look at it has found.
CREATE TABLE import_file (
    merchant_id bigint NOT NULL,
    batch_id    bigint NOT NULL,
    reading     jsonb  NOT NULL,
    options     jsonb  NOT NULL,
    bytes       bigint NOT NULL,
    looked      jsonb,
    CONSTRAINT import_file_is_of_one_batch PRIMARY KEY (merchant_id, batch_id),
    CONSTRAINT import_file_has_its_batch
        FOREIGN KEY (merchant_id, batch_id) REFERENCES import_batch (merchant_id, batch_id),
    CONSTRAINT import_file_has_a_size CHECK (bytes >= 0)
);

-- The file as it was sent, in pieces that any worker can read. It goes some days after its import has ended.
CREATE TABLE import_piece (
    merchant_id bigint  NOT NULL,
    batch_id    bigint  NOT NULL,
    number      integer NOT NULL,
    bytes       bytea   NOT NULL,
    CONSTRAINT import_piece_is_known_by_number PRIMARY KEY (merchant_id, batch_id, number),
    CONSTRAINT import_piece_has_its_file
        FOREIGN KEY (merchant_id, batch_id) REFERENCES import_file (merchant_id, batch_id)
);

-- Rows that cannot be taken: why, and as they stand in the file, to be mended and sent again.
CREATE TABLE import_bad_row (
    merchant_id bigint NOT NULL,
    batch_id    bigint NOT NULL,
    line        bigint NOT NULL,
    field       text   NOT NULL,
    value       text   NOT NULL,
    reason      text   NOT NULL,
    record      json   NOT NULL,
    CONSTRAINT import_bad_row_is_known_by_line PRIMARY KEY (merchant_id, batch_id, line),
    CONSTRAINT import_bad_row_has_its_file
        FOREIGN KEY (merchant_id, batch_id) REFERENCES import_file (merchant_id, batch_id)
);

-- Everything of a kind, to be written out by a worker and fetched afterwards.
CREATE TABLE export_file (
    merchant_id bigint      NOT NULL,
    export_id   bigint      NOT NULL,
    kind        text        NOT NULL,
    format      text        NOT NULL,
    state       text        NOT NULL,
    rows        bigint      NOT NULL,
    bytes       bigint      NOT NULL,
    problem     text,
    actor       text        NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    CONSTRAINT export_file_is_known_by_id PRIMARY KEY (merchant_id, export_id),
    CONSTRAINT export_file_has_its_merchant FOREIGN KEY (merchant_id) REFERENCES merchant (merchant_id),
    CONSTRAINT export_file_state_is_known CHECK (state IN ('running', 'complete', 'cancelled', 'failed', 'forgotten')),
    CONSTRAINT export_file_format_is_known CHECK (format IN ('csv', 'ndjson')),
    CONSTRAINT export_file_counts CHECK (rows >= 0 AND bytes >= 0)
);

CREATE INDEX export_file_by_time ON export_file (merchant_id, created_at, export_id);

-- The file, packed (gzip) and cut into pieces.
CREATE TABLE export_piece (
    merchant_id bigint  NOT NULL,
    export_id   bigint  NOT NULL,
    number      integer NOT NULL,
    bytes       bytea   NOT NULL,
    CONSTRAINT export_piece_is_known_by_number PRIMARY KEY (merchant_id, export_id, number),
    CONSTRAINT export_piece_has_its_file
        FOREIGN KEY (merchant_id, export_id) REFERENCES export_file (merchant_id, export_id)
);

-- What is to be done for an import or an export (they are numbered together), by whom and how far it has come. It goes
-- when it is done. A worker that dies loses it when its time is up.
CREATE TABLE bulk_task (
    merchant_id  bigint      NOT NULL,
    task_id      bigint      NOT NULL,
    work         text        NOT NULL,
    force        boolean     NOT NULL,
    actor        text        NOT NULL,
    stage        text        NOT NULL,
    done         bigint      NOT NULL,
    total        bigint      NOT NULL,
    before       bigint      NOT NULL,
    asked_at     timestamptz NOT NULL,
    began_at     timestamptz,
    updated_at   timestamptz NOT NULL,
    worker       text,
    leased_until timestamptz,
    CONSTRAINT bulk_task_is_of_one_thing PRIMARY KEY (merchant_id, task_id),
    CONSTRAINT bulk_task_has_its_merchant FOREIGN KEY (merchant_id) REFERENCES merchant (merchant_id),
    CONSTRAINT bulk_task_work_is_known CHECK (work IN ('look', 'write', 'undo', 'export')),
    CONSTRAINT bulk_task_lease_has_an_end CHECK ((worker IS NULL) = (leased_until IS NULL)),
    CONSTRAINT bulk_task_counts CHECK (done >= 0 AND total >= 0 AND before >= 0)
);
