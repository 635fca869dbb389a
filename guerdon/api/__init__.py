"""The HTTP surfaces: wire → command → wire, no rules of their own."""
