"""What points buy: redemption rules, eligibility, redemptions, and the coupons they give."""
