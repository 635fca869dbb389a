"""PostgreSQL: where it is, the way in, and its schema. Knows nothing of points.

`embedded` runs a server of our own when no other is named, `pool` is the way to any, and `migrate` brings its schema
forward. Only this package and `kit` may be imported by everybody.
"""
