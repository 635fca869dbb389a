-- Merchants and the currencies they take.

-- name: get_merchant
-- A merchant with its rates.
SELECT merchant.merchant_id, merchant.guid, merchant.name, merchant.currency, merchant.timezone, merchant.policies,
       merchant.mode,
       coalesce(array_agg(merchant_currency.currency) FILTER (WHERE merchant_currency.currency IS NOT NULL), '{}')
           AS currencies,
       coalesce(array_agg(merchant_currency.rate) FILTER (WHERE merchant_currency.currency IS NOT NULL), '{}')
           AS rates
  FROM merchant
  LEFT JOIN merchant_currency ON merchant_currency.merchant_id = merchant.merchant_id
 WHERE merchant.merchant_id = $1
 GROUP BY merchant.merchant_id;

-- name: list_merchants
-- Every merchant of this installation: operators of the machine ask this, never a request.
SELECT merchant_id FROM merchant ORDER BY merchant_id;

-- name: insert_merchant
-- A new tenant.
INSERT INTO merchant (merchant_id, guid, name, currency, timezone, policies, created_at, mode)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: set_rate
-- Take a currency at this rate.
INSERT INTO merchant_currency (merchant_id, currency, rate)
VALUES ($1, $2, $3)
    ON CONFLICT ON CONSTRAINT merchant_takes_a_currency_once DO UPDATE SET rate = excluded.rate;

-- name: set_policies
-- How the programme behaves from now on.
UPDATE merchant SET policies = $2 WHERE merchant_id = $1;

-- name: lock_merchant
-- Its terms, which nobody else changes until the transaction ends.
SELECT merchant_id FROM merchant WHERE merchant_id = $1 FOR NO KEY UPDATE;

-- name: rename_merchant
-- What members know it as from now on.
UPDATE merchant SET name = $2 WHERE merchant_id = $1;

-- name: drop_rate
-- Take a currency no longer.
DELETE FROM merchant_currency WHERE merchant_id = $1 AND currency = $2;
