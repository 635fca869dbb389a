"""Referrals: a member brings a friend, and both get something once the friend has bought.

    shared ──► signed_up ──► completed ──► reversed        (and perhaps completed again, as the order comes and goes)
       └───────────┴──► refused, with the reason

code        what friends name a member by; in a link, or among the coupon codes of an order
share       a member tells friends by email; the shop sends the mails, we tell it which
attach      somebody new is a member's friend: they named the code, or were told by email
completion  the friend's first order that is large enough gives both their rewards, and its end takes them back
doubt       what a merchant does not believe: oneself, one's household, one's own device, too many at once
"""
