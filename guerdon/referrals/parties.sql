-- Whom a referral may concern, before the command that decides it.

-- name: find_codes
-- Whose codes these are.
SELECT code, member_id FROM referral_code WHERE merchant_id = $1 AND code = ANY ($2::text[]);

-- name: find_parties
-- The referrals that brought whoever has these identities, and those of friends who were told by email.
SELECT referral.referral_id, referral.member_id
  FROM referral
 WHERE referral.merchant_id = $1
   AND referral.referral_id = ANY (ARRAY(
       SELECT found.referral_id
         FROM unnest($2::text[], $3::text[]) AS named (kind, value)
         JOIN identity
           ON identity.merchant_id = $1 AND identity.kind = named.kind AND identity.value = named.value
         JOIN referral AS found
           ON found.merchant_id = $1 AND found.friend_id = identity.member_id
        UNION ALL
       SELECT found.referral_id
         FROM referral AS found
        WHERE found.merchant_id = $1 AND found.friend_id = ANY ($4::bigint[])
        UNION ALL
       SELECT found.referral_id
         FROM referral AS found
        WHERE found.merchant_id = $1 AND found.friend_alias = ANY ($5::text[]) AND found.state = 'shared'
   ))
 ORDER BY referral.created_at, referral.referral_id;

-- name: find_gifts
-- The coupons that were given for these referrals.
SELECT redemption_id
  FROM award
 WHERE merchant_id = $1 AND subject = ANY ($2::text[]) AND redemption_id IS NOT NULL;
