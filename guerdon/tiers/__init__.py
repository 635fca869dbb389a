"""Tiers: what members reach by what they do in a period, what they keep, and what they get for it (behaviour 25).

programme  what each level asks, for how long it holds, and what it gives
progress   what a member did that counts, by day; spending points is not among it
standing   the level a member is in, until when, and how they came there
review     the end of a period, after its days of grace: the only moment at which a level falls by itself
"""
