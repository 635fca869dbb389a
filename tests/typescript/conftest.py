"""The street behind a socket, as for the client in Python."""

from tests.api.portal_shop import street_app
from tests.client.conftest import port, shop
from tests.street import street, street_dsn

__all__ = ["port", "shop", "street", "street_app", "street_dsn"]
