-- Awards, for a batch of one merchant, under the locks of the accounts that they were given to.

-- name: find_accounts_of_awards
-- Whose points stand behind the awards of these subjects.
SELECT DISTINCT account_id FROM award WHERE merchant_id = $1 AND subject = ANY ($2::text[]);

-- name: load_awards
-- All awards of these subjects, and whether nobody is left to whom they were given.
SELECT subject, source, member_id, account_id, rule_version, reason, title, points, forgiven, pending, expiry, entries,
       redemption_id, explanation, occurred_at, created_at, updated_at,
       (
           SELECT member.status = 'erased'
             FROM member
            WHERE member.merchant_id = $1 AND member.member_id = award.member_id
       ) AS erased
  FROM award
 WHERE merchant_id = $1 AND subject = ANY ($2::text[]);

-- The next two write a batch, together with the books: $1 is the merchant, $2 the time, and $3 the rows as JSON.

-- name: insert_awards
-- What is given for the first time.
INSERT INTO award (
    merchant_id, subject, source, member_id, account_id, rule_version, reason, title, points, forgiven, pending,
    expiry, entries, redemption_id, explanation, occurred_at, created_at, updated_at
)
SELECT $1, new.*
  FROM json_to_recordset($3::json) AS new (
           subject text, source text, member_id bigint, account_id bigint, rule_version integer, reason text,
           title text, points bigint, forgiven bigint, pending text, expiry text, entries bigint[],
           redemption_id bigint, explanation jsonb, occurred_at timestamptz, created_at timestamptz,
           updated_at timestamptz
       );

-- name: update_awards
-- What stands for another amount now.
UPDATE award
   SET points = new.points, forgiven = new.forgiven, pending = new.pending, entries = new.entries,
       redemption_id = new.redemption_id, explanation = new.explanation, updated_at = new.updated_at
  FROM json_to_recordset($3::json) AS new (
           subject text, source text, points bigint, forgiven bigint, pending text, entries bigint[],
           redemption_id bigint, explanation jsonb, updated_at timestamptz
       )
 WHERE award.merchant_id = $1 AND award.subject = new.subject AND award.source = new.source;
