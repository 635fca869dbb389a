"""What others are told: every event of a merchant, numbered, in one log.

topics   what is told, and what is in it
log      the numbers, and reading on from one
relay    gives the numbers, beside the jobs
prune    what is forgotten after a while
"""
