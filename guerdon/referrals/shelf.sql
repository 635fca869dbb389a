-- Referrals, for a batch of one merchant, under the locks of the accounts of everybody concerned.

-- name: load_emails
-- The addresses of these members: whoever shares a mailbox is one person.
SELECT member_id, value FROM identity WHERE merchant_id = $1 AND member_id = ANY ($2::bigint[]) AND kind = 'email';

-- name: load_referrals
-- Those whose friend is one of these members or has one of these mailboxes; the latest of these members, and from these
-- addresses.
SELECT referral_id, member_id, friend_id, friend_email, friend_alias, source, state, reason, order_id, amount_minor,
       ip_address, shared_at, signed_up_at, completed_at, created_at, updated_at
  FROM referral
 WHERE merchant_id = $1
   AND referral_id = ANY (ARRAY(
       SELECT found.referral_id
         FROM referral AS found
        WHERE found.merchant_id = $1 AND found.friend_id = ANY ($2::bigint[])
        UNION ALL
       SELECT found.referral_id
         FROM referral AS found
        WHERE found.merchant_id = $1 AND found.friend_alias = ANY ($3::text[])
        UNION ALL
       SELECT found.referral_id
         FROM referral AS found
        WHERE found.merchant_id = $1 AND found.member_id = ANY ($2::bigint[])
          AND (found.completed_at > $5 OR found.shared_at > $6)
        UNION ALL
       SELECT found.referral_id
         FROM referral AS found
        WHERE found.merchant_id = $1 AND found.ip_address = ANY ($4::text[]) AND found.completed_at > $5
   ));

-- name: find_devices
-- Which of these members have ordered lately from these addresses with these browsers.
SELECT DISTINCT placed.member_id, device.ip_address, device.user_agent
  FROM unnest($3::text[], $4::text[]) AS device (ip_address, user_agent)
  JOIN shop_order AS placed
    ON placed.merchant_id = $1 AND placed.member_id = ANY ($2::bigint[]) AND placed.placed_at > $5
   AND placed.document ->> 'ip_address' = device.ip_address AND placed.document ->> 'user_agent' = device.user_agent;

-- The next two write a batch, together with the books: $1 is the merchant, $2 the time, and $3 the rows as JSON.

-- name: insert_referrals
-- Friends who were told, or who came.
INSERT INTO referral (
    merchant_id, referral_id, member_id, friend_id, friend_email, friend_alias, source, state, reason, order_id,
    amount_minor, ip_address, shared_at, signed_up_at, completed_at, created_at, updated_at
)
SELECT $1, new.*
  FROM json_to_recordset($3::json) AS new (
           referral_id bigint, member_id bigint, friend_id bigint, friend_email text, friend_alias text, source text,
           state text, reason text, order_id text, amount_minor bigint, ip_address text, shared_at timestamptz,
           signed_up_at timestamptz, completed_at timestamptz, created_at timestamptz, updated_at timestamptz
       );

-- name: update_referrals
-- Referrals that have come further.
UPDATE referral
   SET friend_id = new.friend_id, friend_alias = new.friend_alias, state = new.state, reason = new.reason,
       order_id = new.order_id, amount_minor = new.amount_minor, ip_address = new.ip_address,
       signed_up_at = new.signed_up_at, completed_at = new.completed_at, updated_at = new.updated_at
  FROM json_to_recordset($3::json) AS new (
           referral_id bigint, friend_id bigint, friend_alias text, state text, reason text, order_id text,
           amount_minor bigint, ip_address text, signed_up_at timestamptz, completed_at timestamptz,
           updated_at timestamptz
       )
 WHERE referral.merchant_id = $1 AND referral.referral_id = new.referral_id;
