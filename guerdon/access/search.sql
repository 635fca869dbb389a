-- A merchant's requests of late, as people look for one among them.

-- name: look_for_requests
-- Requests of a span of time, newest first, before a place (time, id): those that are wanted, and the last that was
-- looked at.
SELECT seen.at, seen.request_id, seen.method, seen.path, seen.status, seen.duration_us, seen.caller, seen.user_agent,
       seen.error_code, seen.error, api_key.name, api_key.hint, seen.trace_id, seen.wanted, seen.looked
  FROM (
       SELECT at, request_id, method, path, status, duration_us, caller, user_agent, error_code, error, trace_id,
              row_number() OVER (ORDER BY at DESC, request_id DESC) AS looked,
              status BETWEEN $6 AND $7 AND ($8::text IS NULL OR method = $8)
              AND ($9::text IS NULL OR starts_with(path, $9)) AND ($10::text IS NULL OR caller = $10)
              AND ($11::text IS NULL OR error_code = $11)
              AND ($12::text IS NULL OR strpos(lower(user_agent), lower($12)) > 0) AS wanted
         FROM api_request
        WHERE merchant_id = $1 AND at >= $2 AND at < $3 AND (at, request_id) < ($4, $5::uuid)
        ORDER BY at DESC, request_id DESC
        LIMIT $13
       ) AS seen
  LEFT JOIN api_key
    ON api_key.merchant_id = $1 AND seen.caller = 'key:' || api_key.key_id
 WHERE seen.wanted OR seen.looked = $13
 ORDER BY seen.at DESC, seen.request_id DESC
 LIMIT $14;

-- name: find_request_between
-- The request whose commands have ids up to this one.
SELECT api_request.at, api_request.request_id, api_request.method, api_request.path, api_request.status,
       api_request.duration_us, api_request.caller, api_request.user_agent, api_request.error_code,
       api_request.error, api_key.name, api_key.hint, api_request.trace_id
  FROM api_request
  LEFT JOIN api_key
    ON api_key.merchant_id = $1 AND api_request.caller = 'key:' || api_key.key_id
 WHERE api_request.merchant_id = $1 AND api_request.request_id BETWEEN $2 AND $3
 ORDER BY api_request.request_id DESC
 LIMIT 1;
