-- All members by number, which is how many have an id before theirs.

-- name: pass_milestones
-- Note every so many-th member ($3) that was not noted yet, of those who came before a time, as far as nobody came later.
INSERT INTO member_milestone (merchant_id, number, member_id)
SELECT $1, number, member_id
  FROM (
       SELECT member.member_id,
              coalesce(last.number, 0) + row_number() OVER (ORDER BY member.member_id) AS number
         FROM (SELECT) AS always
         LEFT JOIN LATERAL (
              SELECT number, member_id FROM member_milestone WHERE merchant_id = $1 ORDER BY number DESC LIMIT 1
              ) AS last
           ON true
         JOIN member
           ON member.merchant_id = $1 AND member.member_id > coalesce(last.member_id, 0)
          AND member.member_id < coalesce(
              (SELECT min(late.member_id) FROM member AS late WHERE late.merchant_id = $1 AND late.created_at >= $2),
              9223372036854775807
          )
       ) AS counted
 WHERE number % $3::bigint = 0
    ON CONFLICT ON CONSTRAINT member_milestone_is_passed_once DO NOTHING;
