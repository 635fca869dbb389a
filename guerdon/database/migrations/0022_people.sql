-- Lists of members, of what they moved, and of whom they brought.

-- Most members are active and in no tier: the others are found without looking at those.
CREATE INDEX member_by_tier ON member (merchant_id, tier_level, updated_at, member_id) WHERE tier_level > 0;

CREATE INDEX member_set_apart ON member (merchant_id, status, updated_at, member_id) WHERE status <> 'active';

CREATE INDEX movement_by_time ON movement (merchant_id, created_at, movement_id);

CREATE INDEX referral_by_time ON referral (merchant_id, created_at, referral_id);
