"""The storefront contract, `/api/v2`: what shops and points of sale send. See docs/reference/compatibility.md."""
