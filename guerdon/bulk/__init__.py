"""Whole programmes brought in and taken out: members, lots, history, codes and rules, as files.

file ─► source (records) ─► presets (columns) ─► read (rows, or bad rows) ─► check ─► run (chunks) ─► reconcile

The first three are pure and stream: memory does not grow with the file. A chunk is one transaction, written set by set
through `points/bulk.py`, which proves every account that it touched before the commit.
"""
