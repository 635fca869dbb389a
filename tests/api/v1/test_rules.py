"""Every operation of the native API keeps to what all have in common, as far as its declaration says it.

That each does so when it is asked is in test_operations, whose days are lived by the same rules.
"""

from typing import Any, cast, get_origin

import msgspec
import pytest

from guerdon.api.v1.lists import ListAsked, Page
from guerdon.api.wire import Route
from tests.api.v1.operations import BY_NAME
from tests.api.v1.rules import CONFIGURATION, FREE, UNVERSIONED, is_free

OPERATIONS = [pytest.param(name, route, id=name) for name, route in BY_NAME.items()]
PAGE = {"data", "has_more", "next_cursor"}


def fields(kind: Any) -> set[str]:
    """What an object of this type has."""
    if get_origin(kind) is Page:
        return PAGE
    is_struct = isinstance(kind, type) and issubclass(cast("type[Any]", kind), msgspec.Struct)
    return {field.name for field in msgspec.structs.fields(kind)} if is_struct else set()


@pytest.mark.parametrize(("name", "route"), OPERATIONS)
def test_an_operation_is_declared_by_the_rules(name: str, route: Route[Any]):
    if route.method != "GET":
        assert is_free(name, "dry_run") or "dry_run" in fields(route.params)
        assert route.keyed is not is_free(name, "key")
        return
    listed = "data" in fields(route.answer) and not route.path.startswith("/v1/events/")
    if listed and not is_free(name, "page"):
        assert fields(route.answer) >= PAGE
        assert issubclass(route.params, ListAsked)


def test_nothing_is_free_that_is_not_there():
    assert FREE.keys() | UNVERSIONED <= BY_NAME.keys()
    assert {name.partition(".")[0] for name in BY_NAME} >= CONFIGURATION


def test_what_is_read_and_changed_as_a_whole_is_configuration():
    """Whoever adds a noun that people configure says so, or says here why two people never change it at once."""
    described = {"activities", "adjustments", "coupons", "entries", "households", "members", "purchases"}
    described |= {"redemptions", "referrals", "returns", "transfers"}
    changed = {name.partition(".")[0] for name, route in BY_NAME.items() if route.method in ("PATCH", "PUT")}
    assert changed - CONFIGURATION <= described, (
        "these are told of, with words beside them, and are no terms of anything"
    )
