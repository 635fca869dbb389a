-- Stored answers are forgotten after a while, the oldest first.

CREATE INDEX answer_by_time ON answer (merchant_id, recorded_at);
