"""These tests take shops of the street."""

from tests.street import shop, street, street_dsn

__all__ = ["shop", "street", "street_dsn"]
