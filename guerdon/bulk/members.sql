-- Members that come in bulk. All rows of a chunk go in together.

-- name: find_identities
-- Whom these find; somebody who was merged is who they became.
SELECT wanted.kind, wanted.value, coalesce(member.merged_into, member.member_id) AS member_id
  FROM json_to_recordset($2::json) AS wanted (kind text, value text)
  JOIN identity
    ON identity.merchant_id = $1 AND identity.kind = wanted.kind AND identity.value = wanted.value
  JOIN member
    ON member.merchant_id = $1 AND member.member_id = identity.member_id;

-- name: has_members
-- Whether anybody is here whom an identity could find.
SELECT EXISTS (SELECT FROM identity WHERE merchant_id = $1);

-- name: keep_merchant
-- The merchant stays while its members come in.
SELECT merchant_id FROM merchant WHERE merchant_id = $1 FOR KEY SHARE;

-- name: reserve_ids
-- Numbers for new members and their accounts.
SELECT nextval('member_sequence') AS member_id, nextval('account_sequence') AS account_id
  FROM generate_series(1, $1::integer);

-- name: update_members
-- What the file says of members that are here; what it leaves out stays as it was.
UPDATE member
   SET status = coalesce(new.status, member.status), tier_level = coalesce(new.tier_level, member.tier_level),
       tags = coalesce(new.tags, member.tags),
       opted_in = coalesce(new.opted_in, member.opted_in),
       opted_in_at = coalesce(new.opted_in_at, member.opted_in_at, CASE WHEN new.opted_in THEN $3::timestamptz END),
       first_name = coalesce(new.first_name, member.first_name),
       last_name = coalesce(new.last_name, member.last_name), country = coalesce(new.country, member.country),
       has_account = coalesce(new.has_account, member.has_account),
       platform_created_at = coalesce(new.joined_at, member.platform_created_at),
       birth_year = CASE WHEN new.birth_day IS NULL THEN member.birth_year ELSE new.birth_year END,
       birth_month = coalesce(new.birth_month, member.birth_month),
       birth_day = coalesce(new.birth_day, member.birth_day), updated_at = $3::timestamptz
  FROM json_to_recordset($2::json) AS new (
           member_id bigint, status text, tier_level integer, tags text[], opted_in boolean, opted_in_at timestamptz,
           first_name text, last_name text, country text, has_account boolean, joined_at timestamptz,
           birth_year smallint, birth_month smallint, birth_day smallint
       )
 WHERE member.merchant_id = $1 AND member.member_id = new.member_id;

-- name: learn_of_members
-- The same of members as learn_of_accounts in points/bulk.sql.
ANALYZE (SKIP_LOCKED) member (merchant_id), identity (merchant_id), member_word (merchant_id);

-- name: lock_names
-- What members are called, which nobody else changes until we commit.
SELECT member_id, first_name, last_name
  FROM member
 WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[])
 ORDER BY member_id
   FOR UPDATE;

-- name: insert_identities
-- How members will be found; the count tells that each member is there.
INSERT INTO identity (merchant_id, kind, value, member_id)
SELECT $1, new.kind, new.value, new.member_id
  FROM json_to_recordset($2::json) AS new (kind text, value text, member_id bigint)
  JOIN member
    ON member.merchant_id = $1 AND member.member_id = new.member_id;

-- name: list_kinds
-- By which kinds of identity these members are found already.
SELECT member_id, kind FROM identity WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[]);

-- name: insert_events
-- Tell others of it, where that was asked for.
INSERT INTO event (merchant_id, event_id, topic, member_id, payload, recorded_at)
SELECT $1, event_id, 'member.imported', member_id, payload::jsonb, $2
  FROM unnest($3::uuid[], $4::bigint[], $5::text[]) AS new (event_id, member_id, payload);

-- name: find_untouched
-- Of the members that a chunk made, those to whom nothing has happened since, in their profile or by an order.
SELECT member.member_id
  FROM unnest($2::bigint[]) AS wanted (member_id)
  JOIN member
    ON member.merchant_id = $1 AND member.member_id = wanted.member_id
 WHERE member.updated_at = $3 AND member.status IN ('active', 'suspended')
   AND NOT EXISTS (
       SELECT FROM shop_order WHERE shop_order.merchant_id = $1 AND shop_order.member_id = member.member_id
       );

-- name: forget_identities
-- Nobody finds these members any more.
DELETE FROM identity WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[]);

-- name: forget_members
-- The books keep what moved; who it was is gone, as after an erasure.
UPDATE member
   SET status = 'erased', tier_level = 0, tags = '{}', opted_in = NULL, opted_in_at = NULL, first_name = NULL,
       last_name = NULL, country = NULL, has_account = false, platform_created_at = NULL, birth_year = NULL,
       birth_month = NULL, birth_day = NULL, updated_at = $3
 WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[]);
