"""What STYLE.md promises of the code, where a machine can see it."""

import re
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from string import Formatter

import guerdon
from guerdon import errors
from guerdon.errors.base import Refusal

ROOT = Path(guerdon.__file__).parent.parent
LINES_MAX = 400

FILES = sorted(
    file
    for folder in ("guerdon", "tests", "bench")
    for ending in ("*.py", "*.sql")
    for file in (ROOT / folder).rglob(ending)
)

LONG_FOR_A_REASON = {"tests/database/test_embedded.py"}
"""One supervisor with all its ways to end."""

LEFT_OVER = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")

VAGUE_NAME = re.compile(
    r"^class \w*(Manager|Service|Repository|Helper|Utils?|Abstract)\b|^class Base[A-Z]", re.MULTILINE
)


def refusals(kind: type[Refusal] = Refusal) -> list[type[Refusal]]:
    """Every class of the tree that the modules of guerdon/errors declare."""
    below = [one for child in kind.__subclasses__() for one in refusals(child)]
    return [kind, *below]


for module in iter_modules(errors.__path__):
    import_module(f"{errors.__name__}.{module.name}")

REFUSALS = [kind for kind in refusals() if kind.__module__.startswith(f"{errors.__name__}.")]


def test_files_are_short_and_finished():
    texts = {str(file.relative_to(ROOT)): file.read_text("utf-8") for file in FILES}
    assert len(texts) > 500
    assert {name for name, text in texts.items() if text.count("\n") > LINES_MAX} <= LONG_FOR_A_REASON
    assert [name for name, text in texts.items() if LEFT_OVER.search(text)] == []
    assert [name for name, text in texts.items() if VAGUE_NAME.search(text)] == []


def test_a_refusal_says_a_sentence_from_its_facts():
    for kind in REFUSALS:
        sentence = " ".join((kind.__doc__ or "").split())
        assert sentence.endswith("."), kind.__name__
        fields = set(getattr(kind, "__dataclass_fields__", {}))
        named = {name.partition("[")[0] for _, name, _, _ in Formatter().parse(sentence) if name}
        assert named <= fields, kind.__name__


def test_the_tree_of_refusals_is_drawn_whole():
    drawn = set(re.findall(r"\b[A-Z][A-Za-z]+\b", (errors.__doc__ or "").partition("The docstring")[0]))
    names = {kind.__name__ for kind in REFUSALS}
    assert names - drawn == set(), "not drawn"
    prose = {"Every", "Guerdon", "A"}
    assert drawn - names - prose == set(), "drawn, and not there"


def test_every_refusal_has_a_code_of_its_own():
    def code(kind: type[Refusal]) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()

    assert len({code(kind) for kind in REFUSALS}) == len(REFUSALS)


def test_only_what_may_be_repeated_says_when():
    for kind in REFUSALS:
        assert kind.retry or kind.retry_after_s is None, kind.__name__
        assert 400 <= kind.status < 600, kind.__name__
