"""What the portal tells machines that read: /llms.txt names every page, /docs/llms-full.txt has them whole. Pure."""

from collections.abc import Iterable, Iterator
from typing import Any

from guerdon.docs.guides import ADDRESS, Guide
from guerdon.docs.refusals import Explained

WHAT = (
    "Guerdon is a self-hosted loyalty engine: members earn points, points buy rewards, and every point can be "
    "accounted for. It serves its own interface under /v1, and the contracts of two incumbents: the storefront's under "
    "/api/v2 and the portal's under /ui/v1."
)


def short(guides: Iterable[Guide], document: dict[str, Any], address: str) -> str:
    """The index, in the form of llms.txt."""
    lines = ["# Guerdon", "", f"> {WHAT}", "", "## Guides", ""]
    lines += [f"- [{guide.title}]({address}/docs/guides/{guide.name}.md): {guide.summary}" for guide in guides]
    lines += ["", "## Interfaces", ""]
    lines += [f"- [{title}]({address}{path}): {about}" for title, path, about in _pages(document)]
    return "\n".join(lines) + "\n"


def full(guides: Iterable[Guide], document: dict[str, Any], refusals: Iterable[Explained], address: str) -> str:
    """Everything in one text."""
    parts = [f"# Guerdon\n\n{WHAT}\n"]
    parts += [guide.markdown.replace(ADDRESS, address) for guide in guides]
    parts.append("# Interfaces\n\n" + "\n".join(_operations(document)) + "\n")
    parts.append("# Refusals\n\n" + "\n".join(_refusal(one) for one in refusals) + "\n")
    return "\n".join(parts)


def _pages(document: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    count = sum(len(methods) for methods in document["paths"].values())
    yield "OpenAPI document", "/openapi.json", f"all {count} operations with their types"
    yield "Everything in one text", "/docs/llms-full.txt", "guides, operations and refusals"
    yield "Refusals", "/docs/errors", "every code, its status, and what would work"


def _operations(document: dict[str, Any]) -> Iterator[str]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"- `{method.upper()} {path}` ({operation['operationId']}): {operation['summary']}"


def _refusal(one: Explained) -> str:
    again = " Ask again later." if one.retry else ""
    return f"- `{one.code}` ({one.status}): {one.sentence}{again}"
