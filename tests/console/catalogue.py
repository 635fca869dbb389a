"""`make words`: bring the catalogues of words in line with the pages. What is new has no translation yet.

Words come from templates, from calls of `_` and `ngettext` in Python, from texts that are `marked`, from the sentences
of refusals, and from modules that make sentences in parts (kit/sentence.py).
"""

import ast
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

import guerdon
from guerdon.console.words import COMMON, LANGUAGES
from guerdon.docs.refusals import kinds

PACKAGE = Path(guerdon.__file__).parent
CONSOLE = PACKAGE / "console"
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS: dict[str, Any] = {"_": None, "gettext": None, "ngettext": (1, 2), "N": None, "marked": None}
OPTIONS = {"templates/**.html": {"trimmed": "false", "newstyle_gettext": "true", "silent": "false"}}
WIDTH = 118
PART = ("guerdon.kit.sentence", "Part")
"""A module of the domain that imports this has texts in it that readers translate."""
JOINED = "%(words)s or %(last)s"
"""The text of kit/sentence.py itself."""

Text = str | tuple[str, str]
"""A text, or one for one and one for many."""


def file_of(language: str) -> Path:
    """The catalogue of a language."""
    return CONSOLE / "locale" / f"{language}.po"


def wanted() -> Catalog:
    """Every text that a page may show."""
    catalogue = Catalog(charset="utf-8")
    for _, _, message, _, _ in extract_from_dir(CONSOLE, METHODS, OPTIONS, KEYWORDS):
        catalogue.add(message)
    for kind in kinds():
        catalogue.add(" ".join((kind.__doc__ or "").split()))
    catalogue.add(JOINED)
    modules = [file for file in sorted(PACKAGE.rglob("*.py")) if CONSOLE not in file.parents]
    for file in modules:
        module = ast.parse(file.read_text("utf-8"))
        if _has_parts(module):
            for text in spoken(module):
                catalogue.add(text)
    return catalogue


def spoken(module: ast.Module) -> list[Text]:
    """The texts of a module that makes sentences in parts: those with a space in them, and what is in its tables."""
    pairs = list(dict.fromkeys(pair for node in ast.walk(module) if (pair := _pair(node)) is not None))
    paired = {text for pair in pairs for text in pair}
    told = {constant.value for constant in _constants(module) if isinstance(constant.value, str)}
    return [*pairs, *sorted(text for text in told if text not in paired and text == text.strip(" ,:"))]


def _pair(node: ast.AST) -> tuple[str, str] | None:
    """A text for one with that for many: of a Part, of what makes one, or two that stand together."""
    match node:
        case ast.Call(
            func=ast.Name(id="Part"), args=[_, ast.Constant(value=str(many)), _, ast.Constant(value=str(one)), *_]
        ):
            return one, many
        case ast.Call(args=[_, ast.Constant(value=str(one)), ast.Constant(value=str(many)), *_]) if "%(num)s" in many:
            return one, many
        case ast.Tuple(elts=[ast.Constant(value=str(one)), ast.Constant(value=str(many))]) if "%(" in many:
            return one, many
        case _:
            return None


def _has_parts(module: ast.Module) -> bool:
    imports = [node for node in module.body if isinstance(node, ast.ImportFrom)]
    return any((node.module, name.name) == PART for node in imports for name in node.names)


def _constants(module: ast.Module) -> Iterator[ast.Constant]:
    """Texts that may be said: no docstrings, and no names of fields and topics."""
    silent = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}
    tables = [node for node in module.body if isinstance(node, ast.Assign | ast.AnnAssign) and _is_table(node)]
    for table in tables:
        yield from (node for node in ast.walk(table) if isinstance(node, ast.Dict) for node in _values(node))
    for node in ast.walk(module):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and " " in node.value
            and id(node) not in silent
        ):
            yield node


def _is_table(node: ast.Assign | ast.AnnAssign) -> bool:
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    return isinstance(target, ast.Name) and target.id.isupper() and isinstance(node.value, ast.Dict)


def _values(table: ast.Dict) -> Iterator[ast.Constant]:
    for value in table.values:
        if isinstance(value, ast.Constant):
            yield value


def known(language: str) -> Catalog:
    """What is translated."""
    return read_po(BytesIO(file_of(language).read_bytes()), language)


def update(language: str) -> int:
    """Write the catalogue anew; returns how many texts have no translation."""
    before, after = known(language), Catalog(language, charset="utf-8")
    for message in wanted():
        if message.id:
            found = before.get(message.id)
            after.add(message.id, "" if found is None else found.string)
    written = BytesIO()
    write_po(written, after, width=WIDTH, omit_header=True, sort_output=True)
    head = file_of(language).read_text("utf-8").split("\n\n", 1)[0]
    file_of(language).write_text(f"{head.rstrip()}\n\n{written.getvalue().decode().strip()}\n", "utf-8")
    return len(missing(after))


def missing(catalogue: Catalog) -> list[Any]:
    """Texts without a translation."""
    return [one.id for one in catalogue if one.id and "" in _forms(one)]


def _forms(message: Any) -> list[str]:
    """What a message is in the language: once, or for each number."""
    return list(message.string) if message.pluralizable else [message.string]


if __name__ == "__main__":
    for name in LANGUAGES:
        if name != COMMON:
            sys.stdout.write(f"{name}: {update(name)} texts without a translation\n")
