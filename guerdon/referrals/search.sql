-- Lists of referrals.

-- name: get_referral
-- One referral.
SELECT referral_id, member_id, friend_id, friend_email, friend_alias, source, state, reason, order_id, amount_minor,
       ip_address, shared_at, signed_up_at, completed_at, created_at, updated_at
  FROM referral
 WHERE merchant_id = $1 AND referral_id = $2;

-- name: find_referrals
-- Referrals, newest first, from before a place (created, id) on.
SELECT referral_id, member_id, friend_id, friend_email, friend_alias, source, state, reason, order_id, amount_minor,
       ip_address, shared_at, signed_up_at, completed_at, created_at, updated_at
  FROM referral
 WHERE merchant_id = $1
   AND ($2::bigint IS NULL OR member_id = $2)
   AND ($3::text IS NULL OR state = $3)
   AND ($4::timestamptz IS NULL OR created_at >= $4)
   AND ($5::timestamptz IS NULL OR created_at < $5)
   AND ($6::timestamptz IS NULL OR (created_at, referral_id) < ($6, $7::bigint))
 ORDER BY created_at DESC, referral_id DESC
 LIMIT $8;
