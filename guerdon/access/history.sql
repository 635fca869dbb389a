-- The history of requests: one table a day, so that forgetting is dropping one.

-- name: insert_requests
-- A batch of requests of any merchants; one is known by its merchant, time and id.
INSERT INTO api_request (
    merchant_id, at, request_id, method, path, status, duration_us, caller, user_agent, error_code, error, query,
    request, response, trace_id
)
SELECT merchant_id, at, request_id, method, path, status, duration_us, caller, user_agent, error_code, error, query,
       request, response, trace_id
  FROM json_to_recordset($1::json) AS new (
           merchant_id bigint, at timestamptz, request_id uuid, method text, path text, status integer,
           duration_us bigint, caller text, user_agent text, error_code text, error text, query text, request text,
           response text, trace_id text
       );

-- name: list_requests
-- A merchant's requests of a span of time, newest first, before the (time, id) of the last page.
SELECT api_request.at, api_request.request_id, api_request.method, api_request.path, api_request.status,
       api_request.duration_us, api_request.caller, api_request.user_agent, api_request.error_code,
       api_request.error, api_key.name, api_key.hint, api_request.trace_id
  FROM api_request
  LEFT JOIN api_key
    ON api_key.merchant_id = api_request.merchant_id AND api_request.caller = 'key:' || api_key.key_id
 WHERE api_request.merchant_id = $1
   AND api_request.at >= $2
   AND api_request.at < $3
   AND (api_request.at, api_request.request_id) < ($4, $5::uuid)
   AND api_request.status BETWEEN $6 AND $7
   AND ($8::text IS NULL OR api_request.method = $8)
   AND ($9::text IS NULL OR starts_with(api_request.path, $9))
   AND ($10::text IS NULL OR api_request.caller = $10)
   AND ($11::text IS NULL OR api_request.error_code = $11)
 ORDER BY api_request.at DESC, api_request.request_id DESC
 LIMIT $12;

-- name: get_request
-- One request with its excerpts.
SELECT api_request.at, api_request.request_id, api_request.method, api_request.path, api_request.status,
       api_request.duration_us, api_request.caller, api_request.user_agent, api_request.error_code,
       api_request.error, api_key.name, api_key.hint, api_request.query, api_request.request, api_request.response,
       api_request.trace_id
  FROM api_request
  LEFT JOIN api_key
    ON api_key.merchant_id = api_request.merchant_id AND api_request.caller = 'key:' || api_key.key_id
 WHERE api_request.merchant_id = $1 AND api_request.request_id = $2
 LIMIT 1;

-- name: list_days
-- The tables of days that there are, whoever made them.
SELECT part.relname
  FROM pg_inherits
  JOIN pg_class AS part ON part.oid = pg_inherits.inhrelid
 WHERE pg_inherits.inhparent = 'api_request'::regclass;

-- name: lock_days
-- Days are made and dropped by one process at a time, none of which waits long: requests are written meanwhile.
SET LOCAL lock_timeout = '500ms';
LOCK TABLE api_request IN SHARE UPDATE EXCLUSIVE MODE;

-- name: make_day
-- The table of a day, made beside the others and then added, for which nobody who writes has to wait.
CREATE TABLE {table} (
    LIKE api_request,
    CONSTRAINT {table}_is_known_by_id PRIMARY KEY (merchant_id, at, request_id)
);
ALTER TABLE api_request ATTACH PARTITION {table} FOR VALUES FROM ('{since} 00:00:00+00') TO ('{until} 00:00:00+00');

-- name: drop_day
-- All that was asked on a day, at once.
DROP TABLE {table};
