"""What members earn for: orders first, which also use the coupons they name."""
