"""The numbers of a programme, from the books, by the merchant's days.

roll_up   sums by day, kept beside the books and never in their way; a tail of what came since is read live
points    points earned, redeemed, expired, outstanding over time; who was active; cohorts
rewards   what points were redeemed for, and what was refused
worth     what a point is worth, and so what the programme owes
tally     counts of what changes in place: members by tier, lots by their expiry
needs     what needs a person
proofs    proofs of the books that people ask for, done beside the jobs
audit     the proof of the sums themselves
"""
