-- Which members changed lately, in their profile or on their account. Nothing here is locked.
--
-- Each of the first two reads one index, from before a place on and not beyond a time, and says of every row which
-- members changed with it and not later in the other: so each member comes once, where they changed last.

-- name: list_changed_accounts
-- Accounts in the order of their last change, to the minute, the latest first.
SELECT changed.updated_minute, changed.account_id,
       ARRAY(
           SELECT member.member_id
             FROM member_account
             JOIN member
               ON member.merchant_id = $1 AND member.member_id = member_account.member_id
            WHERE member_account.merchant_id = $1 AND member_account.account_id = changed.account_id
              AND member_account.unit = 'points'
              AND member.updated_at <= changed.updated_at AND member.status IN ('active', 'suspended')
            ORDER BY member.member_id
       ) AS members
  FROM (
       SELECT account_id, updated_at, updated_minute
         FROM account
        WHERE merchant_id = $1 AND (updated_minute, account_id) < ($2, $3)
          AND updated_minute >= date_bin('1 minute', $4, '2000-01-01 00:00:00+00') AND updated_at > $4
        ORDER BY updated_minute DESC, account_id DESC
        LIMIT $5
       ) AS changed
 ORDER BY changed.updated_minute DESC, changed.account_id DESC;

-- name: list_changed_profiles
-- Profiles in the order of their last change, the latest first. The limit has each account looked up by its key: as a
-- join many of them would read everybody's.
SELECT changed.updated_at, changed.member_id,
       CASE WHEN changed.status IN ('active', 'suspended') AND account.updated_at < changed.updated_at
            THEN ARRAY[changed.member_id]
            ELSE '{}'
        END AS members
  FROM (
       SELECT member_id, updated_at, status
         FROM member
        WHERE merchant_id = $1 AND (updated_at, member_id) < ($2, $3) AND updated_at > $4
        ORDER BY updated_at DESC, member_id DESC
        LIMIT $5
       ) AS changed
 CROSS JOIN LATERAL (
       SELECT account.updated_at
         FROM member_account
         JOIN account
           ON account.merchant_id = $1 AND account.account_id = member_account.account_id
        WHERE member_account.merchant_id = $1 AND member_account.member_id = changed.member_id
          AND member_account.unit = 'points'
        LIMIT 1
       ) AS account
 ORDER BY changed.updated_at DESC, changed.member_id DESC;

-- name: get_beginning
-- When a merchant was there first.
SELECT created_at FROM merchant WHERE merchant_id = $1;

-- name: number_members
-- A page of all members by number, so many ($2) skipped, and how many there are, both counted from the last milestone
-- before (members/numbering.py). Nobody leaves this list: who became another or was erased keeps the place, so that no
-- page moves while pages are walked.
WITH last AS (
    SELECT number, member_id FROM member_milestone WHERE merchant_id = $1 ORDER BY number DESC LIMIT 1
), near AS (
    SELECT number, member_id
      FROM member_milestone
     WHERE merchant_id = $1 AND number <= $2
     ORDER BY number DESC
     LIMIT 1
)
SELECT coalesce((SELECT number FROM last), 0) + (
           SELECT count(*)
             FROM member
            WHERE merchant_id = $1 AND member_id > coalesce((SELECT member_id FROM last), 0)
       ) AS total,
       ARRAY(
           SELECT member_id
             FROM member
            WHERE merchant_id = $1 AND member_id > coalesce((SELECT member_id FROM near), 0)
            ORDER BY member_id
           OFFSET $2 - coalesce((SELECT number FROM near), 0)
            LIMIT $3
       ) AS members;

-- name: number_changed_members
-- The same of members who changed at a time or later.
WITH changed AS MATERIALIZED (
    SELECT member_id FROM member WHERE merchant_id = $1 AND updated_at >= $4
     UNION
    SELECT member_account.member_id
      FROM account
      JOIN member_account
        ON member_account.merchant_id = $1 AND member_account.account_id = account.account_id
       AND member_account.unit = 'points'
     WHERE account.merchant_id = $1
       AND account.updated_minute >= date_bin('1 minute', $4, '2000-01-01 00:00:00+00') AND account.updated_at >= $4
)
SELECT (SELECT count(*) FROM changed) AS total,
       ARRAY(SELECT member_id FROM changed ORDER BY member_id OFFSET $2 LIMIT $3) AS members;
