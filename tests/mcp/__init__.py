"""The tools for assistants, asked through the protocol's own client."""
