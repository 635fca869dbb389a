"""How a page of the portal is made: a template, and headers that keep everything from other hosts out."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Request, Response

from guerdon.docs.assets import versioned

POLICY = "; ".join(
    (
        "default-src 'none'", "script-src 'self'", "style-src 'self' 'unsafe-inline'", "img-src 'self' data:",
        "font-src 'self' data:", "connect-src 'self'", "base-uri 'none'", "form-action 'self'",
        "frame-ancestors 'none'",
    )
)  # fmt: skip
"""The reference writes its styles into the page; scripts come as files of ours alone."""

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
HTML, TEXT = "text/html; charset=utf-8", "text/plain; charset=utf-8"

AnyRequest = Request[Any, Any, Any]

_templates = Environment(
    loader=PackageLoader("guerdon.docs"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True,
)  # fmt: skip


def page(template: str, *, status: int = 200, **shown: Any) -> Response[bytes]:
    """A template with what it shows."""
    text = _templates.get_template(template).render(asset=versioned, **shown)
    return Response(text.encode(), status_code=status, media_type=HTML, headers=HEADERS)


def text(content: str) -> Response[bytes]:
    """A page for machines."""
    return Response(content.encode(), media_type=TEXT, headers=HEADERS)


def address(request: AnyRequest) -> str:
    """Where this server was asked, as a browser takes it: `http://127.0.0.1:8080`."""
    return str(request.base_url).rstrip("/")
