"""A merchant's own coupon URLs: called outside of any transaction, and settled whatever happens in between.

    Redeem ─► points held, callback written ─► call ─► IssueCoupon, or ReleaseUnissued
                                               └ a crash anywhere: a job finds the callback, and settles it

message    what is sent, and what an answer means
calls      callbacks as rows: taken by one at a time, noted, put off
settle     makes the calls, for a shopper who waits and for the job
"""
