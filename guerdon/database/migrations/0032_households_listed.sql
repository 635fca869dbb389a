-- Lists of a merchant's households, newest first.
CREATE INDEX household_by_time ON household (merchant_id, created_at, household_id);
