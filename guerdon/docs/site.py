"""The pages of the portal, and what they load.

/                     what runs here
/docs                 the reference of every interface, with "Try it"
/docs/guides/{name}   the guides; with .md behind the name as Markdown
/docs/errors/{code}   refusals: where the `type` of a problem leads (errors.py)
/docs/requests        what was asked of late, for whoever has a key
/llms.txt, /docs/llms-full.txt   the same for machines
"""

from functools import cache
from importlib.metadata import version
from typing import Any, NamedTuple

from litestar import Response, get

from guerdon.docs import texts
from guerdon.docs.assets import REFERENCE, found, sent
from guerdon.docs.errors import error_pages
from guerdon.docs.guides import Guide, guides, rendered
from guerdon.docs.page import AnyRequest, address, page, text
from guerdon.docs.reference import readable
from guerdon.docs.refusals import explained


class Shown(NamedTuple):
    """What signs in to a merchant that anybody may play with: the reference fills it in for whoever opens it."""

    guid: str
    api_key: str
    username: str = ""
    password: str = ""


def site(document: dict[str, Any], shown: Shown | None = None) -> list[Any]:
    """The handlers, for the interfaces that `document` describes (OpenAPI 3.1)."""

    @cache
    def arranged() -> dict[str, Any]:
        return readable(document)

    @get("/", sync_to_thread=False)
    def start(request: AnyRequest) -> Response[bytes]:
        return page("start.html", version=version("guerdon"), guides=guides(), address=address(request), demo=shown)

    @get("/docs", sync_to_thread=False)
    def reference() -> Response[bytes]:
        if found(REFERENCE) is None:
            return page("unbuilt.html", document=document)
        return page("reference.html", shown=shown)

    @get("/docs/openapi.json", sync_to_thread=False)
    def described() -> dict[str, Any]:
        return arranged()

    @get("/docs/requests", sync_to_thread=False)
    def requests() -> Response[bytes]:
        return page("requests.html", shown=shown)

    @get("/docs/assets/{name:str}", sync_to_thread=False)
    def asset(request: AnyRequest) -> Response[bytes]:
        wanted = found(request.path_params["name"])
        return (
            _nothing(request) if wanted is None else sent(wanted, request.headers, lasting="v" in request.query_params)
        )

    return [start, reference, described, requests, asset, *_words(document)]


def _words(document: dict[str, Any]) -> list[Any]:
    """The pages that are read."""

    @get("/docs/guides", sync_to_thread=False)
    def every_guide() -> Response[bytes]:
        return page("guides.html", guides=guides())

    @get("/docs/guides/{name:str}", sync_to_thread=False)
    def guide(request: AnyRequest) -> Response[bytes]:
        name: str = request.path_params["name"]
        wanted = _named(name.removesuffix(".md"))
        if wanted is None:
            return _nothing(request)
        if name.endswith(".md"):
            return text(wanted.markdown)
        content, chapters = rendered(wanted, address(request))
        return page("guide.html", guide=wanted, content=content, chapters=chapters, guides=guides())

    @get("/llms.txt", sync_to_thread=False)
    def index(request: AnyRequest) -> Response[bytes]:
        return text(texts.short(guides(), document, address(request)))

    @get("/docs/llms-full.txt", sync_to_thread=False)
    def everything(request: AnyRequest) -> Response[bytes]:
        return text(texts.full(guides(), document, explained().values(), address(request)))

    return [every_guide, guide, *error_pages(), index, everything]


def _named(name: str) -> Guide | None:
    return next((guide for guide in guides() if guide.name == name), None)


def _nothing(request: AnyRequest) -> Response[bytes]:
    return page("nothing.html", status=404, path=request.url.path)
