-- The programmes of tiers, and their versions. Configuration, not points: plain transactions, not the desk.

-- name: advance_programme
-- The next version counts, or the first; one change at a time, since the row is locked.
INSERT INTO tier_programme (merchant_id, version)
VALUES ($1, 1)
    ON CONFLICT ON CONSTRAINT tier_programme_is_one_of_a_merchant DO UPDATE SET version = tier_programme.version + 1
RETURNING version;

-- name: get_programme_version
-- What the programme said in a version.
SELECT document FROM tier_programme_version WHERE merchant_id = $1 AND version = $2;

-- name: insert_programme_version
-- What the programme says in this version; who signed in; when.
INSERT INTO tier_programme_version (merchant_id, version, document, actor, recorded_at)
VALUES ($1, $2, $3, $4, $5);

-- name: get_programme
-- The programme as it stands, and the zone that its days are counted in.
SELECT tier_programme.version, merchant.timezone, tier_programme_version.document, tier_programme_version.actor,
       tier_programme_version.recorded_at
  FROM tier_programme
  JOIN tier_programme_version
    ON tier_programme_version.merchant_id = $1 AND tier_programme_version.version = tier_programme.version
  JOIN merchant
    ON merchant.merchant_id = $1
 WHERE tier_programme.merchant_id = $1;
