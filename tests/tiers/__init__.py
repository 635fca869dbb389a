"""Tiers: what lifts members, what they keep, and what they get for it."""
