"""The addresses of the widget's files, and of the page that a shopper reaches by a signed link.

The token of a link stands behind its `#`. A browser keeps that to itself: no server, no log and no page that a link
leads to ever sees it, and the page needs no session and no cookie. The page is the same for everybody, so asking for
one tells nothing of who is whose customer, nor which merchants there are.
"""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Request, Response, get

from guerdon.docs.page import HTML
from guerdon.widget.assets import found, sent, versioned

POLICY = "; ".join(
    (
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
        "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)  # fmt: skip

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "vary": "accept-language",
    "x-robots-tag": "noindex",
}

WORDS = {
    "en": {
        "title": "Your rewards",
        "closed": "Open the link that your shop gave you.",
        "closed_more": "It is for you alone and good for a short time. The shop shows it where you are signed in.",
        "scripts": "This page needs JavaScript to ask for your points.",
    },
    "de": {
        "title": "Deine Prämien",
        "closed": "Öffne den Link aus deinem Shop.",
        "closed_more": "Er ist nur für dich und gilt kurze Zeit. Du findest ihn im Shop, wenn du angemeldet bist.",
        "scripts": "Diese Seite braucht JavaScript, um nach deinen Punkten zu fragen.",
    },
}

AnyRequest = Request[Any, Any, Any]

_templates = Environment(
    loader=PackageLoader("guerdon.widget"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True,
)  # fmt: skip


def widget_pages() -> list[Any]:
    """The handlers."""

    @get("/widget/v1/{name:str}", sync_to_thread=False)
    def file(request: AnyRequest) -> Response[bytes]:
        wanted = found(request.path_params["name"])
        if wanted is None:
            return Response(b"There is no such file.", status_code=404, media_type="text/plain; charset=utf-8")
        return sent(wanted, request.headers, lasting="v" in request.query_params)

    @get("/m/{merchant:int}", sync_to_thread=False)
    def member_page(request: AnyRequest) -> Response[bytes]:
        language = language_of(request.headers.get("accept-language", ""))
        text = _templates.get_template("member.html").render(
            language=language, words=WORDS[language], asset=versioned
        )  # fmt: skip
        return Response(text.encode(), media_type=HTML, headers=HEADERS)

    return [file, member_page]


def language_of(accepted: str) -> str:
    """The language of ours that a browser names first; English, where it names none."""
    named = (part.partition(";")[0].strip().lower()[:2] for part in accepted.split(","))
    return next((one for one in named if one in WORDS), "en")
