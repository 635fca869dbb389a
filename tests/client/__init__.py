"""The Python client, beside the server that it is for."""
