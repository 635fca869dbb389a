"""The audit trail: who changed what, and what of it may be kept."""
