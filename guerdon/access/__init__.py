"""Who may ask: API keys of shops, and operators who sign in."""
