"""The codes of messages on the portal contract: every refusal has its own, and none ever changes."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules

from guerdon import errors
from guerdon.api.portal.message import CODES, SUCCESSES, refused
from guerdon.errors.base import BadField, Outage, Refusal
from guerdon.errors.rewards import Ineligible
from tests.api.portal_shop import GOLDEN

KEPT: dict[str, dict[str, str]] = json.loads((GOLDEN / "message_codes.json").read_text())

for module in iter_modules(errors.__path__):
    import_module(f"{errors.__name__}.{module.name}")


def below(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    """A kind of refusal and all that guerdon/errors declares below it."""
    if kind.__module__.startswith(errors.__name__):
        yield kind
    for child in kind.__subclasses__():
        yield from below(child)


def test_every_refusal_has_a_code_of_its_own() -> None:
    named = {kind.__name__ for kind in below(Refusal)}
    assert named - CODES.keys() == set(), "give them the next free codes in guerdon/api/portal/message.py"
    assert CODES.keys() - named == set(), "not there any more: keep their codes from being given again"
    codes = [*CODES.values(), *SUCCESSES.values()]
    assert len(set(codes)) == len(codes)
    assert all(code == "38" or (len(code) == 4 and code.isdigit()) for code in codes)


def test_no_code_ever_changes() -> None:
    assert KEPT["successes"].items() <= SUCCESSES.items()
    assert KEPT["refusals"].items() <= CODES.items()
    new = {"successes": SUCCESSES.keys() - KEPT["successes"].keys(), "refusals": CODES.keys() - KEPT["refusals"].keys()}
    assert new == {"successes": set(), "refusals": set()}, "write them down in tests/api/golden/message_codes.json"


@dataclass(eq=False)
class OfATest(Ineligible):
    """No."""


def test_a_refusal_without_a_code_has_that_of_the_kind_above_it() -> None:
    assert refused(OfATest()).code == CODES["Ineligible"]
    assert refused(Refusal()).code == CODES["Refusal"] == "1199"
    assert refused(Outage()).code == CODES["Outage"]


def test_the_facts_behind_a_refusal_are_its_parameters() -> None:
    message = refused(BadField("numberOfPoints", "it is missing"))
    assert json.loads(json.dumps(message.parameters)) == {"field": "numberOfPoints", "problem": "it is missing"}
    assert message.description == "numberOfPoints: it is missing."
