"""The native API, `/v1`: plural nouns, prefixed ids, problems that say what would work.

contract    how callers sign in, and how they are told no
ids         what the ids of each kind look like
lists       pages, and the way to the next one
write       what every write has in common: keys, dry runs, metadata
match       versions of configuration: ETag, If-Match
notes       the merchant's own words beside things
profile     a member, as every answer shows one
routes      everything that is served; each noun has a module
"""
