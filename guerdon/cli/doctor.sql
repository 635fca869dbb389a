-- What `guerdon doctor` asks of a PostgreSQL.

-- name: get_server
-- Its version, what it says of the time, and whether a commit is on the disk when it says so.
SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS version_number,
       clock_timestamp() AS clock, current_setting('fsync') AS fsync,
       current_setting('full_page_writes') AS full_page_writes,
       current_setting('synchronous_commit') AS synchronous_commit;
