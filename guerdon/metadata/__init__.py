"""What merchants note beside things of any kind, for themselves."""
