"""The portal contract, `/ui/v1`: how an admin portal keeps the rules of points. See docs/reference/compatibility.md."""
