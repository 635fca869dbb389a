"""The benchmark's own promises."""
