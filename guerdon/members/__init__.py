"""Members: who they are, and the identities that find them."""
