"""The client in TypeScript, beside the server from whose document it is made."""
