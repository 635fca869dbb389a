"""What a shop reports: orders, which earn and use coupons, and returns, which take and give back.

report      an order is told of, again and again
returns     something came back, perhaps before its order is known (`waiting`)
gifts       coupons and entries to tiers that orders give
settlement  what the awards of an order should stand for, as it and its returns are now; the books get the difference
"""
