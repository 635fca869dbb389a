"""The books. The only package that writes points.

*account*: where points lie, one for each unit a member holds; the books never know people.
*bucket*: the places of an account: `issued → pending → available → held → redeemed`, and `expired`, `reversed`,
`moved` (to another account).
*entry*: an immutable line, so many points from one bucket to another; all buckets of an account always sum to zero.
*lot*: points earned together, with their own expiry; spent soonest expiry first, given back where they came from.
*hold*: points set aside until capture, release or the hold's own end.
*command*: what someone wants, as a value; it says what it needs to see, and decides on the book without I/O.
*book*: what was loaded for a batch of commands, in memory, with the verbs that change it.
*desk*: the one door: load, decide, save, for all commands that arrived meanwhile, checked or under locks.
"""
