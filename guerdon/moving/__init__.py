"""Points that change hands: between members by their wish, and when members become one, share an account, or leave.

transfer    a member gives points to another, under the merchant's rule
purchase    points bought with money, for oneself or another
refund      bought points taken back, as their money is
household   several members, one account
merge       two members who are one
unmerge     and two again
erase       a member leaves for good: the sums stay, the person goes
export      all that is known of one member
"""
