"""The portal contract, `/ui/v1`: how an admin portal keeps redemption rules. See docs/reference/compatibility.md."""
