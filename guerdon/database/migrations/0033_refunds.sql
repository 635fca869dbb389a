-- Bought points whose money was given back: when, and how many of them were taken back then.
ALTER TABLE movement ADD COLUMN points_back bigint;
ALTER TABLE movement ADD COLUMN refunded_at timestamptz;
ALTER TABLE movement ADD CONSTRAINT movement_takes_back_what_was_bought CHECK (
    (points_back IS NULL) = (refunded_at IS NULL) AND points_back BETWEEN 0 AND points
    AND (refunded_at IS NULL OR kind = 'purchase')
);
