-- The log of API requests.

-- name: insert_requests
-- A batch of requests of any merchants; one is known by its merchant, time and id.
INSERT INTO api_request (merchant_id, at, request_id, method, path, status, duration_us, caller, user_agent)
SELECT merchant_id, at, request_id, method, path, status, duration_us, caller, user_agent
  FROM unnest(
           $1::bigint[], $2::timestamptz[], $3::uuid[], $4::text[], $5::text[], $6::integer[], $7::bigint[],
           $8::text[], $9::text[]
       ) AS new (merchant_id, at, request_id, method, path, status, duration_us, caller, user_agent);
