-- How often members have earned by rules.

-- name: count_awards
-- How many awards of these sources stand; an order that was returned whole earned nothing.
SELECT source, count(*)
  FROM award
 WHERE merchant_id = $1 AND member_id = $2 AND source = ANY ($3::text[])
   AND (points > 0 OR subject LIKE 'activity:%')
 GROUP BY source;
