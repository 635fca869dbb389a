-- Refusals that told an address are found by it when its owner asks what is known of them, or is erased: few among many.

CREATE INDEX decision_by_address ON decision (merchant_id, (facts ->> 'kind'), (facts ->> 'value'))
 WHERE facts ->> 'value' IS NOT NULL;
